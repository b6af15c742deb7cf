import {
  afterLook,
  afterLooks,
  type LedgerEvent,
  type Monitor,
  type MonitorSample,
  type MonitorState,
  type SampleStore,
} from "@atoms/playbook";

/** Looks that are read to tell how a monitor stands: enough for its patience, with some to spare. */
export const looksToTell = ({ settings: { failures, successes } }: Monitor) =>
  2 * Math.max(failures, successes) + 16;

/**
 * Follows how monitors stand, and tells of each that turns. Other control planes look too, so a turn is read from what
 * all of them have kept; told twice, it has the same key.
 */
export function standings(input: {
  samples: Pick<SampleStore, "latest">;
  monitors(): Promise<readonly Monitor[]>;
  tell(events: readonly LedgerEvent[]): Promise<void>;
}): (written: readonly MonitorSample[]) => Promise<void> {
  const known = new Map<string, MonitorState>();
  return async (written) => {
    const monitors = new Map((await input.monitors()).map((one) => [one.name, one]));
    const events: LedgerEvent[] = [];
    const latest = latestOf(input.samples, written.filter(isNews), monitors);
    for (const sample of written) {
      const monitor = monitors.get(sample.monitor);
      if (monitor === undefined) continue;
      const before = known.get(sample.monitor);
      const after =
        before !== undefined && !isNews(sample)
          ? afterLook(before, sample, monitor.settings)
          : afterLooks(await latest(sample, monitor), monitor.settings);
      if (after === undefined) continue;
      // Looks that go to and fro tell nothing; it stands as it stood.
      const state =
        after.standing === "pending" && before !== undefined
          ? { ...after, standing: before.standing }
          : after;
      known.set(sample.monitor, state);
      const turned = state.standing !== "pending" && state.standing !== before?.standing;
      if (turned && (before !== undefined || state.standing === "down"))
        events.push(turnedEvent(sample, state));
    }
    if (events.length > 0) await input.tell(events);
  };

  function isNews({ monitor, outcome }: MonitorSample): boolean {
    return known.get(monitor)?.standing !== outcome;
  }
}

/** Reading one monitor after the other is quick for so many. */
const mostSingly = 5;

/**
 * The last looks of a monitor, oldest first. When many have news at once, as after a start or when a network is cut, all are
 * read by one question.
 */
function latestOf(
  samples: Pick<SampleStore, "latest">,
  news: readonly MonitorSample[],
  monitors: ReadonlyMap<string, Monitor>,
): (sample: MonitorSample, monitor: Monitor) => Promise<MonitorSample[]> {
  const many = new Set(news.map(({ monitor }) => monitor)).size > mostSingly;
  let all: Promise<Map<string, MonitorSample[]>> | undefined;
  return async ({ service, environment }, monitor) => {
    const looks = looksToTell(monitor);
    if (!many) return samples.latest({ service, environment, monitor: monitor.name, looks });
    const most = Math.max(...[...monitors.values()].map(looksToTell));
    all ??= samples.latest({ service, environment, looks: most }).then((found) => {
      const byMonitor = new Map<string, MonitorSample[]>();
      for (const one of found) byMonitor.set(one.monitor, [...(byMonitor.get(one.monitor) ?? []), one]);
      return byMonitor;
    });
    return ((await all).get(monitor.name) ?? []).slice(-looks);
  };
}

function turnedEvent(
  { service, environment, monitor, because, at }: MonitorSample,
  state: MonitorState,
): LedgerEvent {
  return {
    key: `monitor/${service}/${environment}/${monitor}/${state.standing}/${state.since}`,
    kind: `monitor.${state.standing}`,
    at,
    actor: { kind: "atoms", name: "atoms", via: "schedule" },
    service,
    environment,
    data: { monitor, since: state.since, ...(because === undefined ? {} : { because }) },
  };
}
