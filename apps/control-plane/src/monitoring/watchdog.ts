import { type Clock, formatDuration, type LedgerEvent, type Monitor, type Notice } from "@atoms/playbook";

/** What the watchdog stands on. It shares nothing with the loop that it watches but the list of turns. */
export interface WatchdogWorld {
  clock: Clock;
  setup(): Promise<{
    service: string;
    environment: string;
    monitors: readonly Monitor[];
    /** Where the notice goes. */
    channel: string;
  }>;
  /** When each monitor had its last turn, by a monotonic clock. */
  turns: ReadonlyMap<string, number>;
  /** Begins the loop anew. */
  restart(): void;
  put(notices: readonly Notice[], events: readonly LedgerEvent[]): Promise<void>;
  onError(doing: string, error: unknown): void;
}

const lookMs = 5_000;
/** A monitor is overdue after so many of its intervals, and this long besides. */
const patience = { intervals: 2, ms: 60_000 };

/**
 * Sees to it that monitors go on looking. When one has had no turn for too long it is told, in the ledger and by a notice,
 * and the loop is begun anew; when it looks again, that is told too.
 */
export async function watchMonitors(world: WatchdogWorld, signal: AbortSignal): Promise<void> {
  const { clock } = world;
  const since = new Map<string, number>();
  let silent: { id: string; names: string[] } | undefined;
  while (!signal.aborted) {
    try {
      const setup = await world.setup();
      const now = clock.monotonic();
      for (const { name } of setup.monitors) if (!since.has(name)) since.set(name, now);
      const overdue = setup.monitors.filter(
        ({ name, settings }) =>
          now - Math.max(world.turns.get(name) ?? 0, since.get(name) ?? now) >
          patience.intervals * settings.interval + patience.ms,
      );
      if (overdue.length > 0 && silent === undefined) {
        const names = overdue.map(({ name }) => name);
        silent = { id: `monitors_${clock.now().toString(36)}`, names };
        world.restart();
        await tell(
          setup,
          silent.id,
          "open",
          `Nobody looks any more: ${listed(names)}. Atoms begins the monitors anew.`,
        );
      } else if (overdue.length > 0) {
        world.restart();
      } else if (silent !== undefined) {
        await tell(setup, silent.id, "resolved", `Monitors look again: ${listed(silent.names)}.`);
        silent = undefined;
      }
    } catch (error) {
      if (!signal.aborted) world.onError("watching the monitors", error);
    }
    await clock.sleep(silent === undefined ? lookMs : patience.ms, signal).catch(() => undefined);
  }

  async function tell(
    { service, environment, channel }: Awaited<ReturnType<WatchdogWorld["setup"]>>,
    id: string,
    status: "open" | "resolved",
    text: string,
  ): Promise<void> {
    const at = clock.now();
    const kind = status === "open" ? "monitors.silent" : "monitors.looking";
    await world.put(
      [
        {
          key: `${id}/${status}`,
          service,
          environment,
          channel,
          text: `${service} in ${environment}: ${text}`,
          dueAt: at,
          thread: id,
          status,
          severity: "high",
          title: `Monitors of ${service} in ${environment}`,
        },
      ],
      [
        {
          key: `${id}/${status}`,
          kind,
          at,
          actor: { kind: "atoms", name: "atoms", via: "schedule" },
          service,
          environment,
          data: { text, after: formatDuration(patience.ms) },
        },
      ],
    );
  }
}

const listed = (names: readonly string[]) =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
