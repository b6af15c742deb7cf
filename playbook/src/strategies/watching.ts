import { anySignal, type Json } from "../terms/index.js";
import { canarySide, type Measured, openDetector } from "./detector.js";
import type { Candidate } from "./ports.js";
import { productionMoved, watchFailed } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";
import type { Strategy } from "./strategy.js";
import { nextWatchMove, noLooks, tally } from "./watch.js";
import { WatchedTime } from "./watched-time.js";

/** The longest that is measured for one look, in seconds. */
const longestMeasurement = 30;

/**
 * Watches production on the new deployment for the configured time: looks at every host, and beside each look what the
 * source of numbers tells of the new deployment, for the change detector. Looks are steps, the decision between them is
 * `nextWatchMove`; a resumed watch goes on with the looks and the evidence it has.
 * @throws Stop when too many looks fail, when the detector sees a change, or when somebody else moved production.
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
  const seconds = Math.min(longestMeasurement, Math.floor(settings.interval / 1_000));
  // Both arms are asked, so without an old deployment there is nothing to ask beside the new one.
  const detect =
    settings.measure && seconds >= 1 && previous !== undefined
      ? openDetector(world.settings.analysis)
      : undefined;
  const watched = new WatchedTime(await run.flow.now());
  let so = noLooks;
  let evidence: { logM: number; threshold: number } | undefined;
  for (;;) {
    const lookedAt = watched.lap(await run.flow.now(), 2 * settings.interval);
    const said = `watching production: ${so.looks} looks, ${so.failed} failed${sayEvidence(evidence)}`;
    const seen = await run.act(
      `look ${so.looks + 1}`,
      said,
      async (signal, tell) => {
        await tell(said, Math.min(1, lookedAt / settings.duration));
        const began = world.clock.monotonic();
        const production = await world.platform.production(signal).catch(() => undefined);
        const serves = production === undefined ? candidate.id : (production.deployment?.id ?? "nothing");
        // What is measured beside a failed look is not waited for: the next look is.
        const enough = new AbortController();
        const beside = anySignal(signal, enough.signal);
        const looking = world.look(candidate, hosts, signal).then((look) => {
          if (!look.ok) enough.abort();
          return look;
        });
        const [look, measured] = await Promise.all([
          looking,
          detect === undefined || previous === undefined
            ? undefined
            : measureProduction(run, candidate, previous, seconds, beside.signal),
          strategy.besideLook?.(run, previous, so.looks + 1, signal),
        ]).finally(() => {
          enough.abort();
          beside.release();
        });
        if (!look.ok) {
          await world.ledger.append([
            run.event("watch.failed-look", `watch/look/${so.looks + 1}`, {
              saw: look.saw,
              ms: look.ms,
              look: so.looks + 1,
            }),
          ]);
        }
        return { look, serves, measured: measured ?? null, tookMs: world.clock.monotonic() - began };
      },
      { timeoutMs: 60_000 + seconds * 1_000, attempts: 3 },
    );
    if (seen.serves !== candidate.id) {
      throw new Stop("failed", productionMoved({ was: candidate.id, is: seen.serves }).toJSON(), true);
    }
    so = tally(so, seen.look);
    // A look that was written down before looks were measured has nothing measured.
    const measured = seen.measured ?? undefined;
    const report = measured === undefined ? undefined : detect?.(measured);
    if (measured !== undefined && report !== undefined) {
      const { logM, threshold } = report;
      evidence = { logM, threshold };
      await run.change(`write down what look ${so.looks} measured`, {}, () => [
        run.event("watch.measured", `watch/measured/${so.looks}`, {
          look: so.looks,
          measured: plain(measured),
          evidence: plain(report),
        }),
      ]);
    }
    // A look that an earlier version wrote down does not say what it took.
    const tookMs = seen.tookMs ?? Number.POSITIVE_INFINITY;
    const elapsedMs = watched.lap(await run.flow.now(), tookMs + settings.interval);
    const changed = report?.alarm === true ? (report.because ?? "it keeps its limits no longer") : undefined;
    const move = nextWatchMove(so, settings, elapsedMs, elapsedMs - lookedAt, changed);
    if (move.do === "roll back") {
      throw new Stop("failed", watchFailed({ because: move.because, deployment: candidate.id }).toJSON());
    }
    if (move.do === "finish") {
      await run.change("write down the watch", {}, () => [
        run.event("watch.passed", "watch/passed", {
          looks: so.looks,
          failed: so.failed,
          ms: elapsedMs,
          ...(evidence === undefined ? {} : { evidence: plain(evidence) }),
        }),
      ]);
      return;
    }
    await run.pause(move.afterMs);
  }
}

/** What the source told of the new deployment. Looks go on where it tells nothing: it is evidence of harm only. */
async function measureProduction(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate,
  seconds: number,
  signal: AbortSignal,
): Promise<Measured | undefined> {
  const arms = { canary: candidate, stable: previous };
  const buckets = await run.world.measure(arms, { seconds, split: 1 }, signal).catch(() => []);
  const side = canarySide(buckets);
  return side === undefined ? undefined : (plain(side) as Measured);
}

/** How near the detector is to an alarm, on the scale on which evidence adds up. */
function sayEvidence(evidence: { logM: number; threshold: number } | undefined): string {
  if (evidence === undefined) return "";
  const share = Math.max(0, evidence.logM / evidence.threshold);
  return `; evidence of a change ${Math.round(share * 100)} % of an alarm`;
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;
