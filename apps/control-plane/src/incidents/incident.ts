import {
  type Actor,
  type Hand,
  type Incident,
  type IncidentChange,
  type IncidentOrder,
  incidentChanges,
  incidentRulesOf,
  incidentSignal,
  incidentToChoose,
  isUnderWay,
  type LedgerEntry,
  noSuchIncident,
  openedIncident,
  type Page,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { acknowledgePage, resolveAPage } from "../on-call/index.js";
import { startIncident } from "./flow.js";
import { rulesNow } from "./rules.js";

/** The ledger is read back this many entries, to find where the story may begin. */
const storyEntries = 500;
const storyMs = 3_600_000;

/** Opens an incident and has it looked after. Opened again under its id, it is the same one. */
export async function openIncident(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  order: Omit<IncidentOrder, "service" | "environment" | "playbook" | "fromSeq">,
  actor: Actor,
): Promise<{ incident: Incident; opened: boolean }> {
  const { incidents, ledger } = await plane.store();
  const at = plane.clock.now();
  const { service, environment } = open;
  const recent = await ledger.read({ last: true, limit: storyEntries });
  const first = recent.find((entry) => entry.at >= at - storyMs);
  const suspect = order.source.kind === "release" ? undefined : lastToMove(recent, open, at - storyMs);
  const hand = { actor, at, rules: incidentRulesOf(open.settings) };
  const done = await incidents.open(
    openedIncident(
      {
        ...(suspect === undefined ? {} : { releases: [suspect] }),
        ...order,
        title: oneLine(order.title),
        service,
        environment,
        fromSeq: (first?.seq ?? (recent.at(-1)?.seq ?? 0) + 1) - 1,
        playbook: { path: ref.playbook, text: open.file.text, platform: open.platformName },
      },
      hand,
    ),
  );
  if (isUnderWay(done.incident)) await startIncident(plane, done.incident);
  return done;
}

/** The release that moved traffic last, since a moment: an incident may be its doing. */
function lastToMove(
  entries: readonly LedgerEntry[],
  { service, environment }: Pick<OpenPlaybook, "service" | "environment">,
  since: number,
): string | undefined {
  return entries.findLast(
    (entry) =>
      /^traffic\.(shifting|shifted)$/.test(entry.kind) &&
      entry.service === service &&
      entry.environment === environment &&
      entry.at >= since,
  )?.release;
}

const oneLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 200);

/** Changes an incident and lets its flow look again. */
export async function changeIncident(
  plane: ControlPlane,
  id: string,
  actor: Actor,
  how: (standing: Incident, hand: Hand) => IncidentChange | undefined,
): Promise<{ incident: Incident; changed: boolean }> {
  const { incidents } = await plane.store();
  const standing = await incidents.get(id);
  if (standing === undefined) throw noSuchIncident({ incident: id });
  const hand = { actor, at: plane.clock.now(), rules: await rulesNow(plane, standing) };
  const done = await incidents.change(id, (incident) => how(incident, hand));
  if (done.changed) {
    if (!isUnderWay(done.incident)) await endPages(plane, done.incident, actor);
    // Only a wake-up: the flow looks at the store before it does anything.
    await startIncident(plane, done.incident);
    await (await plane.engine()).signal(id, incidentSignal, done.incident.version);
  }
  return done;
}

/** Pages of what is over tell nobody any more. */
async function endPages(plane: ControlPlane, incident: Incident, actor: Actor): Promise<void> {
  for (const { id, state } of await pagesOf(plane, incident))
    if (state !== "resolved") await resolveAPage(plane, id, { by: actor, via: viaOf(actor) });
}

/** Whoever has the incident has its pages. */
export async function answerPages(plane: ControlPlane, incident: Incident, actor: Actor): Promise<void> {
  for (const { id, state } of await pagesOf(plane, incident))
    if (state === "paging" || state === "unanswered")
      await acknowledgePage(plane, id, { by: actor, via: viaOf(actor) });
}

const viaOf = ({ via }: Actor) => (via === "cli" || via === "api" ? via : "atoms");

async function pagesOf(plane: ControlPlane, { id, page }: Incident): Promise<Page[]> {
  const { onCall } = await plane.store();
  return (await onCall.pages({ limit: 200 })).filter(
    (one) => one.id === page || (one.about.kind === "incident" && one.about.id === id),
  );
}

/** Whoever answered the page of an incident has the incident. */
export async function acknowledgeByPage(plane: ControlPlane, page: Page): Promise<void> {
  if (page.acknowledgedBy === undefined) return;
  const { incidents } = await plane.store();
  const underWay = await incidents.list({ only: "under way", limit: 100 });
  const mine = underWay.find(
    ({ id, page: own }) => own === page.id || (page.about.kind === "incident" && page.about.id === id),
  );
  if (mine !== undefined)
    await changeIncident(plane, mine.id, page.acknowledgedBy, (standing, hand) =>
      isUnderWay(standing) ? incidentChanges.acknowledged(standing, hand) : undefined,
    );
}

/** The incident that is meant: the one that is named, or the only one that is not closed. @throws ATM-830, ATM-831. */
export async function chosenIncident(
  plane: ControlPlane,
  { service, environment }: Pick<OpenPlaybook, "service" | "environment">,
  named: string | undefined,
  which: (incident: Incident) => boolean,
): Promise<Incident> {
  const { incidents } = await plane.store();
  if (named !== undefined) {
    const found = await incidents.get(named);
    if (found === undefined) throw noSuchIncident({ incident: named });
    return found;
  }
  const open = (await incidents.list({ service, environment, only: "unclosed", limit: 100 })).filter(which);
  const [only] = open;
  if (only === undefined || open.length > 1) throw incidentToChoose({ open: open.map(({ id }) => id) });
  return only;
}
