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
    for (const sample of written) {
      const monitor = monitors.get(sample.monitor);
      if (monitor === undefined) continue;
      const before = known.get(sample.monitor);
      const quiet = before !== undefined && before.standing === sample.outcome;
      const { service, environment } = sample;
      const after = quiet
        ? afterLook(before, sample, monitor.settings)
        : afterLooks(
            await input.samples.latest({
              service,
              environment,
              monitor: sample.monitor,
              looks: looksToTell(monitor),
            }),
            monitor.settings,
          );
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
