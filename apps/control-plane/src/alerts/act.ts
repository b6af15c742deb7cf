import {
  type Alert,
  type AlertAction,
  autoRollback,
  type Deployment,
  isProblem,
  nameOf,
  type Release,
  takenBackTo,
  wayBack,
} from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { openForAlert } from "../incidents/index.js";
import { page, resolveAPage } from "../on-call/index.js";
import { sendAbort } from "../verbs/abort.js";
import { rollback } from "../verbs/rollback.js";
import type { Acted, AlertSetup } from "./world.js";

const actor = { kind: "atoms", name: "atoms", via: "schedule" } as const;

/** Does one action of an alert. Each is safe to do again: pages and incidents are known by the alert's id. */
export async function actOn(
  plane: ControlPlane,
  ref: PlaybookRef,
  alert: Alert,
  action: AlertAction,
  setup: AlertSetup,
): Promise<Acted> {
  switch (action) {
    case "page_oncall":
      return alert.state === "firing" ? pageFor(plane, ref, alert) : endPageOf(plane, alert);
    case "auto_rollback":
      return takeBack(plane, ref, alert, setup);
    case "create_incident":
      return incidentFor(plane, ref, alert);
    default:
      return { done: true, because: "told through the channels" };
  }
}

async function pageFor(plane: ControlPlane, ref: PlaybookRef, alert: Alert): Promise<Acted> {
  const opened = await page(plane, {
    ...ref,
    id: alert.id,
    service: alert.service,
    environment: alert.environment,
    severity: alert.severity,
    title: `${nameOf(alert)}: ${alert.saw}`,
    ...(alert.summary === "" ? {} : { details: alert.summary }),
    about: { kind: "alert", id: alert.id },
    actor,
  });
  return { done: true, because: `${opened.id} was opened` };
}

async function incidentFor(plane: ControlPlane, ref: PlaybookRef, alert: Alert): Promise<Acted> {
  const { incident, opened } = await openForAlert(plane, ref, alert, `${nameOf(alert)}: ${alert.saw}`);
  return { done: true, because: opened ? `${incident.id} was opened` : `it joins ${incident.id}` };
}

async function endPageOf(plane: ControlPlane, alert: Alert): Promise<Acted> {
  const { page: ended } = await resolveAPage(plane, alert.id, { by: actor, via: "atoms" });
  return { done: true, because: `${ended.id} was resolved` };
}

/** A look at a deployment may take so long, in milliseconds. */
const lookMs = 10_000;
/** Marks of proof older than these are not asked after. */
const provenLookedAt = 5;

async function targetFor(plane: ControlPlane, ref: PlaybookRef, release: Release) {
  const open = await plane.open(ref);
  const { releases } = await plane.store();
  const platform = await open.platform({ start: false });
  const [{ deployment: serving }, proven] = await Promise.all([
    platform.production(AbortSignal.timeout(lookMs)),
    releases.proven(release.service, release.environment, provenLookedAt),
  ]);
  const known = new Map<string, Deployment>();
  const before = release.previous?.id;
  const asked = new Set([...(before === undefined ? [] : [before]), ...proven.map((one) => one.deployment)]);
  for (const deployment of asked) {
    const found = await platform.deployment(deployment, AbortSignal.timeout(lookMs));
    if (found !== undefined) known.set(deployment, found);
  }
  return takenBackTo(
    release,
    serving?.id,
    wayBack({
      serving: serving?.id,
      before: before === undefined || before === serving?.id ? undefined : known.get(before),
      proven,
      known,
    }),
  );
}

/** Takes back the release that the alert may be the doing of, and no other. */
async function takeBack(
  plane: ControlPlane,
  ref: PlaybookRef,
  alert: Alert,
  setup: AlertSetup,
): Promise<Acted> {
  const { releases } = await plane.store();
  const { service, environment } = alert;
  const recent = await releases.list({ service, environment, limit: 2 });
  const move = autoRollback(alert, recent, setup.settings.rollback_guard, plane.clock.now());
  if (move.do === "refuse") return { done: false, because: move.because };
  try {
    if (move.do === "abort") {
      const running = recent.find(({ id }) => id === move.release);
      if (running === undefined) return { done: false, because: `${move.release} is gone` };
      await sendAbort(plane, running, actor, move.because, ref);
      return { done: true, because: `${move.release} was told to go back` };
    }
    const taken = recent.find(({ id }) => id === move.release);
    if (taken === undefined) return { done: false, because: `${move.release} is gone` };
    const target = await targetFor(plane, ref, taken);
    if ("refuse" in target) return { done: false, because: target.refuse };
    // With a target a release that began meanwhile is not aborted in this one's place: the rollback is refused then.
    const { release } = await rollback.run(plane, { ...ref, to: target.to, because: move.because }, actor);
    return { done: true, because: `${move.release} is taken back by ${release.id}` };
  } catch (error) {
    // A refusal is an answer; trouble on the way is worth another try.
    if (isProblem(error) && error.ending === "refused") return { done: false, because: error.happened };
    throw error;
  }
}
