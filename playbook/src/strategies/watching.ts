import type { Candidate } from "./ports.js";
import { productionMoved, watchFailed } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";
import type { Strategy } from "./strategy.js";
import { nextWatchMove, noLooks, tally } from "./watch.js";

/**
 * Watches production on the new deployment for the configured time. Looks are steps, the decision between them is
 * `nextWatchMove`; a resumed watch goes on with the looks it has.
 * @throws Stop when too many looks fail, or when somebody else moved production.
 */
export async function watch(
  run: ReleaseRun,
  strategy: Strategy,
  candidate: Candidate,
  previous: Candidate | undefined,
  hosts: readonly string[],
): Promise<void> {
  const { world } = run;
  const settings = strategy.watch(world.settings);
  const began = await run.flow.now();
  let so = noLooks;
  for (;;) {
    const lookedAt = await run.flow.now();
    const seen = await run.act(
      `look ${so.looks + 1}`,
      `watching production: ${so.looks} looks, ${so.failed} failed`,
      async (signal, tell) => {
        await tell(
          `watching production: ${so.looks} looks, ${so.failed} failed`,
          Math.min(1, (lookedAt - began) / settings.duration),
        );
        const production = await world.platform.production(signal).catch(() => undefined);
        const serves = production === undefined ? candidate.id : (production.deployment?.id ?? "nothing");
        const [look] = await Promise.all([
          world.look(candidate, hosts, signal),
          strategy.besideLook?.(run, previous, so.looks + 1, signal),
        ]);
        if (!look.ok) {
          await world.ledger.append([
            run.event("watch.failed-look", `watch/look/${so.looks + 1}`, {
              saw: look.saw,
              ms: look.ms,
              look: so.looks + 1,
            }),
          ]);
        }
        return { look, serves };
      },
      { timeoutMs: 60_000, attempts: 3 },
    );
    if (seen.serves !== candidate.id) {
      throw new Stop("failed", productionMoved({ was: candidate.id, is: seen.serves }).toJSON(), true);
    }
    so = tally(so, seen.look);
    const now = await run.flow.now();
    const move = nextWatchMove(so, settings, now - began, now - lookedAt);
    if (move.do === "roll back") {
      throw new Stop("failed", watchFailed({ because: move.because, deployment: candidate.id }).toJSON());
    }
    if (move.do === "finish") {
      await run.change("write down the watch", {}, () => [
        run.event("watch.passed", "watch/passed", { looks: so.looks, failed: so.failed, ms: now - began }),
      ]);
      return;
    }
    await run.pause(move.afterMs);
  }
}
