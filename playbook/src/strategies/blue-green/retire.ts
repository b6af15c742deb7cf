import {
  atomsItself,
  type Clock,
  type FlowDefinition,
  type Ledger,
  type LedgerEvent,
  type Platform,
  type Releases,
} from "../../terms/index.js";
import type { RetireSettings } from "../settings.js";
import { nextRetireMove } from "./retire-move.js";

/** What keeping blue warm, and retiring it, is started with. Plain data: it is written down. */
export type RetireOrder = {
  /** The release that took blue's place. */
  release: string;
  service: string;
  environment: string;
  platform: "local" | "vercel";
  /** The playbook as it was then, and where it stood. */
  playbook: { path: string; text: string };
  folder: string;
  green: string;
  blue: { id: string; address: string };
  settings: RetireSettings;
};

/** What retiring needs from outside. */
export interface RetireWorld {
  platform: Platform;
  releases: Releases;
  ledger: Ledger;
  clock: Clock;
  /** Sends a request to a deployment's own address, so that it is warm. */
  touch(address: string, signal: AbortSignal): Promise<{ ok: boolean; saw: string; ms: number }>;
}

/** How it ended for blue. */
export type RetireOutcome = { blue: "cold" | "deleted" | "left"; because: string };

/** One step keeps blue warm for this long at most, so that a long time is not thousands of steps. */
const stretchMs = 600_000;

/**
 * Keeps blue warm after green was released, so that going back is instant for as long as the playbook says, and then
 * retires it. It ends by itself as soon as production no longer serves green, and then retires nothing: blue may be
 * what users have.
 */
export function retireBlueFlow(
  worldOf: (order: RetireOrder) => Promise<RetireWorld>,
): FlowDefinition<RetireOrder, RetireOutcome> {
  return {
    name: "retire blue",
    version: 1,
    async run(flow, order) {
      const world = await worldOf(order);
      const { blue, green, settings } = order;
      const event = (kind: string, key: string, data: LedgerEvent["data"]): LedgerEvent => ({
        key: `${order.release}/${key}`,
        kind,
        at: world.clock.now(),
        actor: atomsItself,
        service: order.service,
        environment: order.environment,
        release: order.release,
        data,
      });
      const began = await flow.now();
      for (;;) {
        const seen = await flow.step(
          "look at production",
          async (signal) => {
            const production = await world.platform.production(signal);
            const running = await world.releases.running(order.service, order.environment);
            const aliases = await world.platform.aliases(signal);
            return {
              serving: production.deployment?.id ?? null,
              moving: production.moving?.to ?? null,
              running: running?.id ?? null,
              hosts: aliases.filter((alias) => alias.deployment === blue.id).map((alias) => alias.host),
            };
          },
          // A platform that is away for an hour is waited for: nothing is in a hurry here.
          { timeoutMs: 60_000, attempts: 120, backoffMs: 30_000 },
        );
        const elapsedMs = (await flow.now()) - began;
        const move = nextRetireMove({ ...seen, green, blue: blue.id, elapsedMs }, settings);
        if (move.do === "warm") {
          await flow.step(
            "keep blue warm",
            (signal) =>
              keepWarm(world, blue.address, Math.min(stretchMs, move.forMs), settings.every, signal),
            { timeoutMs: stretchMs + 120_000, attempts: 3 },
          );
          continue;
        }
        if (move.do === "delete") {
          await flow.step(
            "delete blue",
            async (signal) => {
              await world.platform.removeDeployment(blue.id, signal);
              await world.releases.disprove(order.service, order.environment, blue.id);
            },
            { timeoutMs: 60_000, attempts: 10 },
          );
        }
        const outcome: RetireOutcome = {
          blue: move.do === "delete" ? "deleted" : move.do === "stop" ? "cold" : "left",
          because: move.because,
        };
        await flow.step(
          "write down blue's end",
          async () => {
            await world.ledger.append([
              event("blue.retired", "blue/retired", { deployment: blue.id, ...outcome, warmMs: elapsedMs }),
            ]);
          },
          { attempts: 10 },
        );
        return outcome;
      }
    },
  };
}

/** Asks blue now and then. That it does not answer is no reason to stop: the next request may start it again. */
async function keepWarm(
  world: RetireWorld,
  address: string,
  forMs: number,
  everyMs: number,
  signal: AbortSignal,
): Promise<{ asked: number; answered: number }> {
  const until = world.clock.monotonic() + forMs;
  let [asked, answered] = [0, 0];
  for (;;) {
    asked++;
    if ((await world.touch(address, signal)).ok) answered++;
    signal.throwIfAborted();
    const left = until - world.clock.monotonic();
    if (left <= 0) return { asked, answered };
    await world.clock.sleep(Math.min(everyMs, left), signal);
  }
}
