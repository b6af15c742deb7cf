import {
  type Alert,
  type AlertAction,
  evaluateRound,
  type Flag,
  isAlertMoved,
  isEmpty,
  isOpen,
  type LedgerEvent,
  lookbackMs,
  type Metric,
  muteIdOf,
  type Release,
  releaseSeries,
  type Samples,
  type Silence,
  states,
} from "@atoms/playbook";
import { type AlertSetup, type AlertWorld, statusWords } from "./world.js";

/** What evaluation keeps between two rounds, so that a quiet round asks the store little. */
export type AlertMemory = { silences?: { mark: number; list: readonly Silence[] } };

/** Tries when somebody else writes at the same time. */
const tries = 5;

/**
 * Evaluates everything once and writes what comes of it. Safe to run twice and by several at once: a change that somebody
 * else has made meanwhile wins, and the round is decided anew.
 */
export async function evaluateOnce(world: AlertWorld, memory: AlertMemory): Promise<void> {
  const setup = await world.setup();
  const { service, environment } = setup;
  for (let left = tries; ; left--) {
    try {
      const open = await roundOn(world, setup, memory);
      await world.alerts.evaluated(service, environment, world.clock.now());
      await actOnAll(world, setup, open);
      return;
    } catch (error) {
      if (!isAlertMoved(error) || left === 1) throw error;
      delete memory.silences;
    }
  }
}

async function roundOn(world: AlertWorld, setup: AlertSetup, memory: AlertMemory): Promise<Alert[]> {
  const { service, environment, settings, channelsOf, rules } = setup;
  const now = world.clock.now();
  const wanted = new Map([...setup.reaches].map(([series, reach]) => [series as Metric | Flag, reach]));
  const [alerts, silences, recent] = await Promise.all([
    world.alerts.open(service, environment),
    silencesNow(world, setup, memory),
    world.releases.list({ service, environment, limit: 2 }),
    world.samples.refresh(wanted, now, setup.lookMs),
  ]);
  const running = recent.find(({ state }) => state === "running");
  const status = statusSamples(recent, now);
  const change = evaluateRound({
    service,
    environment,
    now,
    rules,
    alerts,
    silences,
    release: running && (await withMute(world, setup, running, silences)),
    statusOf: status?.of,
    samples: (series, monitor) =>
      releaseSeries.includes(series)
        ? status?.samples
        : world.samples.samples(series, monitor, setup.everyMs.get(monitor) ?? lookbackMs),
    channelsOf,
    settings,
  });
  if (!isEmpty(change)) await world.alerts.commit(change);
  const after = new Map(alerts.map((alert) => [alert.id, alert]));
  for (const alert of change.alerts) after.set(alert.id, alert);
  return [...after.values()].filter(isOpen);
}

/** Asks after an ended mute only where a release could open one. */
async function withMute(
  { alerts }: AlertWorld,
  { rules }: AlertSetup,
  { id, startedAt }: Release,
  silences: readonly Silence[],
): Promise<{ id: string; startedAt: number; muteOver: boolean }> {
  const mutes = rules.some(({ rule }) => rule.duringRelease === "mute");
  const standing = silences.some(({ source }) => source.kind === "release" && source.id === id);
  const muteOver = mutes && !standing && (await alerts.getSilence(muteIdOf(id)))?.endedAt !== undefined;
  return { id, startedAt, muteOver };
}

async function silencesNow(
  { alerts }: AlertWorld,
  { service, environment }: AlertSetup,
  memory: AlertMemory,
): Promise<readonly Silence[]> {
  const mark = await alerts.silencesMark();
  if (memory.silences?.mark !== mark)
    memory.silences = { mark, list: await alerts.silences(service, environment) };
  return memory.silences.list;
}

/** How long the end of a release is told of as the status of deployments. */
const statusStandsMs = 86_400_000;

/** `deployment_status`: how the last release ended, from its end on. While one is under way the one before counts. */
function statusSamples(
  releases: readonly Release[],
  now: number,
): { of: string; samples: Samples } | undefined {
  const last = releases.find(({ state }) => state !== "running");
  if (last?.endedAt === undefined || last.state === "running") return undefined;
  const known: readonly string[] = states.deployment_status;
  return {
    of: last.id,
    samples: {
      at: [Math.min(last.endedAt, now)],
      values: [known.indexOf(statusWords[last.state])],
      lookbackMs: statusStandsMs,
    },
  };
}

/** Does what alerts have set off, and takes over acknowledgements of their pages. One that fails is tried next round. */
async function actOnAll(world: AlertWorld, setup: AlertSetup, open: readonly Alert[]): Promise<void> {
  for (const alert of open) {
    let standing = alert;
    for (const action of alert.due) {
      try {
        const acted = await world.act(standing, action, setup);
        standing = await noteOutcome(world, standing, action, acted);
      } catch (error) {
        if (!isAlertMoved(error)) world.onError(`${action} for ${alert.id}`, error);
        break;
      }
    }
    if (standing.state !== "firing" || standing.acknowledgedBy !== undefined) continue;
    if (standing.outcomes.page_oncall?.done !== true) continue;
    const by = await world.pageAcknowledgedBy(standing);
    if (by !== undefined)
      await world.alerts
        .commit(acknowledgement(standing, by, world.clock.now()))
        .catch((error: unknown) => world.onError(`acknowledging ${alert.id}`, error));
  }
}

/** The change that acknowledges an alert: it is quiet until it is over. */
export function acknowledgement(alert: Alert, by: string, at: number, actor?: LedgerEvent["actor"]) {
  const acknowledged: Alert = {
    ...alert,
    acknowledgedBy: by,
    acknowledgedAt: at,
    version: alert.version + 1,
  };
  const event: LedgerEvent = {
    key: `${alert.id}/acknowledged`,
    kind: "alert.acknowledged",
    at,
    actor: actor ?? { kind: "person", name: by, via: "api" },
    service: alert.service,
    environment: alert.environment,
    data: { alert: alert.id, rule: alert.rule, by },
  };
  return { alerts: [acknowledged], silences: [], notices: [], events: [event] };
}

async function noteOutcome(
  world: AlertWorld,
  alert: Alert,
  action: AlertAction,
  { done, because }: { done: boolean; because: string },
): Promise<Alert> {
  const at = world.clock.now();
  const over = alert.state !== "firing";
  const after: Alert = {
    ...alert,
    due: alert.due.filter((one) => one !== action),
    // The end of a page is no outcome of its own; what was done stays told as it was.
    outcomes: over ? alert.outcomes : { ...alert.outcomes, [action]: { at, done, because } },
    version: alert.version + 1,
  };
  await world.alerts.commit({
    alerts: [after],
    silences: [],
    notices: [],
    events: [
      {
        key: `${alert.id}/${over ? "ended" : "action"}/${action}`,
        kind: "alert.action",
        at,
        actor: { kind: "atoms", name: "atoms", via: "schedule" },
        service: alert.service,
        environment: alert.environment,
        data: {
          alert: alert.id,
          rule: alert.rule,
          action: over ? `end of ${action}` : action,
          done,
          because,
        },
      },
    ],
  });
  return after;
}
