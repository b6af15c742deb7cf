import { randomUUID } from "node:crypto";
import { isProblem, lookOnce, type MonitorSample, usualRetention } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { keepReading } from "../keep-reading.js";
import { keepLooking } from "./keep-looking.js";
import { lookTools, lookWorlds } from "./look-world.js";
import { sampleWriter } from "./sample-writer.js";
import { type MonitorSetup, setupOf } from "./setup.js";
import { standings } from "./standings.js";
import { supervise } from "./supervise.js";
import { watchMonitors } from "./watchdog.js";

/** Old samples are thinned out so often, by one control plane of those that share the store. */
const upkeepMs = 600_000;
/** Jobs whose last slot is older than this are forgotten. */
const forgetMs = 7 * 86_400_000;

/**
 * Looks with the playbook's monitors until the signal fires: supervised, and under a watchdog.
 * @returns When all has ended and what was seen is kept.
 */
export async function runMonitors(plane: ControlPlane, ref: PlaybookRef, signal: AbortSignal): Promise<void> {
  const { clock } = plane;
  const { samples, slots, ledger, outbox } = await plane.store();
  const onError = (doing: string, error: unknown) => {
    if (isProblem(error)) {
      const { code, title, happened, fix } = error;
      console.error(JSON.stringify({ at: new Date().toISOString(), doing, code, title, happened, fix }));
    } else plane.reportBug(doing, error);
  };
  const under = { clock, signal, onError };
  const setup = keepReading(plane, ref, setupOf, (error) =>
    onError("reading the playbook's monitors", error),
  );
  const worker = `${process.pid}-${randomUUID().slice(0, 8)}`;
  const tools = lookTools(plane);
  const turns = new Map<string, number>();
  const writer = sampleWriter({
    samples,
    clock,
    onError,
    onWritten: both(
      turnsHeard(() => plane.bells.turns.ring()),
      standings({
        samples,
        monitors: async () => (await setup()).monitors,
        tell: async (events) => void (await ledger.append(events)),
      }),
    ),
  });
  const worlds = new WeakMap<MonitorSetup, ReturnType<typeof lookWorlds>>();
  const worldOf = (one: MonitorSetup) => {
    const known = worlds.get(one) ?? lookWorlds(plane, one, tools);
    worlds.set(one, known);
    return known;
  };

  let current = new AbortController();
  const looking = supervise(
    "looking with the monitors",
    async () => {
      current = new AbortController();
      await keepLooking(
        {
          clock,
          random: Math.random,
          slots,
          worker,
          setup,
          async look(monitor, at, inner) {
            const now = await setup();
            const { service, environment } = now;
            return lookOnce(monitor, at, { service, environment, clock, world: worldOf(now), signal: inner });
          },
          onSample: (sample) => writer.add(sample),
          onTurn: (name) => void turns.set(name, clock.monotonic()),
          onError,
        },
        AbortSignal.any([signal, current.signal]),
      );
    },
    under,
  );
  // What is in hand when the loops end is kept by the writer, which ends last.
  const writing = new AbortController();
  const written = supervise("keeping samples", (inner) => writer.run(inner), {
    ...under,
    signal: writing.signal,
  });

  await Promise.all([
    looking.finally(() => writing.abort(new Error("the monitors have ended"))),
    supervise(
      "watching the monitors",
      (inner) =>
        watchMonitors(
          {
            clock,
            turns,
            async setup() {
              const one = await setup();
              return { ...one, channel: one.open.settings.slack_channels.monitoring ?? "#monitoring" };
            },
            restart: () => current.abort(new Error("the watchdog begins the monitors anew")),
            put: (notices, events) => outbox.put(notices, events),
            onError,
          },
          inner,
        ),
      under,
    ),
    supervise(
      "thinning out samples",
      async (inner) => {
        while (!inner.aborted) {
          const now = clock.now();
          const slot = Math.floor(now / upkeepMs) * upkeepMs;
          if ((await slots.claim(["monitors/upkeep"], slot, worker)).length > 0) {
            await samples.thinOut(now, usualRetention);
            await slots.prune(now - forgetMs);
          }
          await clock.sleep(upkeepMs / 10, inner).catch(() => undefined);
        }
      },
      under,
    ),
  ]);
  await written;
}

type OnWritten = Parameters<typeof sampleWriter>[0]["onWritten"];

const both =
  (first: (samples: readonly MonitorSample[]) => void, then: OnWritten): OnWritten =>
  (samples) => {
    first(samples);
    return then(samples);
  };

/** Hears when a look of a monitor ended otherwise than the one before. */
function turnsHeard(ring: () => void): (samples: readonly MonitorSample[]) => void {
  const last = new Map<string, MonitorSample["outcome"]>();
  return (samples) => {
    let turned = false;
    for (const { monitor, outcome } of samples) {
      turned ||= (last.get(monitor) ?? "up") !== outcome;
      last.set(monitor, outcome);
    }
    if (turned) ring();
  };
}
