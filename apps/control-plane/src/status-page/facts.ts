import { createHash } from "node:crypto";
import {
  firstStatusDay,
  type Incident,
  isDoorHeld,
  nextWindows,
  type PublicStatus,
  publicStatus,
  type StatusFacts,
  slicesOf,
  statusDays,
  upMetric,
  windowDoor,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { maintenanceIn } from "../maintenance/index.js";
import { monitorStatuses } from "../verbs/monitors.js";

const dayMs = 86_400_000;
/** Incidents among which those with something public are looked for. */
const mostIncidents = 500;

/** What everybody may know now; undefined when the playbook has no status page. */
export async function readPublicStatus(
  plane: ControlPlane,
  ref: PlaybookRef,
): Promise<PublicStatus | undefined> {
  const open = await plane.open(ref);
  const { status_page: settings } = open.settings;
  if (settings === undefined) return undefined;
  return withoutSecrets(publicStatus(settings, await factsOf(plane, open)), open);
}

/** A secret that somebody pasted into an update at three in the morning is not for everybody, nor is the name of its variable. */
function withoutSecrets(status: PublicStatus, { secrets }: OpenPlaybook): PublicStatus {
  const hidden = secrets.redactData(status);
  return JSON.parse(JSON.stringify(hidden).replace(/\[hidden [^\]"]*\]/g, "[hidden]")) as PublicStatus;
}

async function factsOf(plane: ControlPlane, open: OpenPlaybook): Promise<StatusFacts> {
  const { service, environment } = open;
  const place = { service, environment };
  const { samples, incidents } = await plane.store();
  const now = plane.clock.now();
  const from = firstStatusDay(now);
  const [monitors, up, newest, underWay, maintenance] = await Promise.all([
    monitorStatuses(plane, open, samples),
    samples.read({ ...place, metric: upMetric, from, to: now }),
    incidents.list({ ...place, limit: mostIncidents }),
    incidents.list({ ...place, only: "under way", limit: mostIncidents }),
    maintenanceIn(plane, place, 1),
  ]);
  const told = new Map([...newest, ...underWay].map((one) => [one.id, one]));
  return {
    now,
    monitors,
    days: up.map((series) => ({
      monitor: series.monitor,
      days: slicesOf(series, from, from + statusDays * dayMs, statusDays).map(({ at, mean }) => ({
        at,
        share: mean,
      })),
    })),
    incidents: [...told.values()].flatMap(incidentFact),
    windows: open.settings.maintenance.windows.flatMap((window) =>
      (windowDoor(window, open.settings.maintenance.tasks) === "open"
        ? []
        : nextWindows([window], [], now, 1)
      ).map(({ startsAt, endsAt }) => ({
        startsAt,
        endsAt,
        announcedAt: window.announce.length === 0 ? undefined : startsAt - Math.max(...window.announce),
        text: window.public,
      })),
    ),
    maintenance: maintenance.filter(isDoorHeld).map(({ startedAt, until, because, startedBy }) => ({
      startedAt,
      until,
      text:
        startedBy.via === "schedule"
          ? open.settings.maintenance.windows.find((window) => window.because === because)?.public
          : undefined,
    }))[0],
  };
}

function incidentFact({
  id,
  state,
  openedAt,
  resolvedAt,
  published,
}: Incident): StatusFacts["incidents"][number][] {
  if (published === undefined) return [];
  const { title, updates } = published;
  // An id holds a day and is typed into commands; its digest names the incident as well, and says nothing.
  const key = createHash("sha256").update(id).digest("hex").slice(0, 16);
  return [{ key, state, startedAt: openedAt, resolvedAt, title, updates }];
}
