import type { GateMove } from "../../gates/index.js";
import { type AnalysisSettings, type Bucket, createAnalysis, type Report } from "../../statistics/index.js";
import type { Json, Waiting } from "../../terms/index.js";
import { stepGates } from "../gates.js";
import type { Candidate } from "../ports.js";
import { canaryWorse, productionMoved } from "../problems.js";
import { moveTraffic, productionIsAsRemembered, proveEveryHost } from "../production.js";
import { type ReleaseRun, Stop } from "../run.js";
import { shiftAll } from "../standard/shift.js";
import { WatchedTime } from "../watched-time.js";
import { approvalNeeded, lowExposure, nextCanaryMove } from "./decide.js";

/**
 * Moves traffic to the candidate in steps. Both arms are measured all the time, the evidence is carried from step to
 * step, and the verdict may be looked at after every measurement without spending the false-alarm budget twice.
 * What was measured is written down, so that a resumed release goes on with the same evidence.
 * @param previous The stable arm. Without one there is nothing to compare with: all traffic moves at once.
 * @throws Stop on proof of harm, when a step is held too long, or when somebody else moves production.
 */
export async function shiftInSteps(
  run: ReleaseRun,
  candidate: Candidate,
  previous: Candidate | undefined,
  onMoving: () => void,
): Promise<string[]> {
  if (previous === undefined) return shiftAll(run, candidate, previous, onMoving);
  const { world } = run;
  const { canary } = world.settings;
  const { steps } = canary;
  const shares = steps.map((percent) => percent / 100);
  await productionIsAsRemembered(run, candidate, previous);
  await run.change("write down the intent to shift", {}, () => [
    run.event("traffic.shifting", "traffic/shifting", {
      to: candidate.id,
      from: previous.id,
      steps,
      analysis: plain(world.settings.analysis),
    }),
  ]);
  onMoving();
  await moveTraffic(run, candidate, {
    name: "begin the rollout",
    doing: `giving ${candidate.id} its first ${steps[0]} %`,
    act: (signal) => world.platform.beginRollout(candidate.id, shares, signal),
  });

  const watcher = new CanaryWatch(run, candidate, previous);
  for (const [stage, share] of shares.entries()) {
    if (stage > 0) {
      await moveTraffic(run, candidate, {
        name: `advance to step ${stage + 1}`,
        doing: `giving ${candidate.id} ${steps[stage]} %`,
        act: (signal) => world.platform.advanceRollout(candidate.id, stage, signal),
      });
    }
    if (share === 1) break;
    await run.change(`write down step ${stage + 1}`, { split: share }, () => [
      run.event("traffic.step", `traffic/step/${stage + 1}`, {
        to: candidate.id,
        split: share,
        step: stage + 1,
        of: steps.length,
        // What a reader needs to say until when it is watched, and what then.
        next: (steps[stage + 1] ?? 100) / 100,
        bakeMs: canary.bake,
        holdMs: canary.hold,
        minRequests: canary.min_requests,
        unproven: canary.unproven,
        noData: canary.no_data,
        needsApproval: approvalNeeded(steps[stage + 1] ?? 100, canary),
      }),
    ]);
    await watcher.step(stage, steps[stage + 1] ?? 100);
  }
  const hosts = await proveEveryHost(run, candidate);
  await run.act(
    "clear the stages",
    "taking the stages out of the project again",
    (signal) => world.platform.clearRollout(signal),
    {
      attempts: 4,
    },
  );
  return hosts;
}

/** Measures and judges, from the first step to the last. */
class CanaryWatch {
  private readonly analysis;
  private looks = 0;

  constructor(
    private readonly run: ReleaseRun,
    private readonly candidate: Candidate,
    private readonly stable: Candidate,
  ) {
    this.analysis = createAnalysis(run.world.settings.analysis);
  }

  /** Watches one step until it may end. @throws Stop when it has to go back. */
  async step(stage: number, next: number): Promise<void> {
    const { run } = this;
    const settings = run.world.settings.canary;
    const split = (settings.steps[stage] ?? 0) / 100;
    const began = await run.flow.now();
    const gates = stepGates(run, this.candidate, stage, next);
    let stand: GateMove | undefined;
    this.analysis.beginStep(split);
    const seen = { canary: 0, stable: 0, split };
    const watched = new WatchedTime(began);
    let heardAt = 0;
    let probing = false;
    let warned = false;
    this.warning = undefined;
    for (;;) {
      await run.stopIfAborted();
      const lookedAt = watched.lap(await run.flow.now(), settings.interval);
      const waiting = this.words();
      const { buckets: measured, tookMs } = await this.look(
        { stage, split, probing },
        waiting,
        Math.min(1, lookedAt / settings.bake),
      );
      const elapsedMs = watched.lap(await run.flow.now(), tookMs + settings.interval);
      for (const bucket of measured) {
        // A clock that was set back must not end a release; what it measured twice is left out.
        if (bucket.start < this.measuredUntil) continue;
        this.measuredUntil = bucket.start + bucket.seconds * 1_000;
        this.analysis.observe(bucket);
        // What a slow source tells late of an earlier step is evidence, and says nothing about this step's traffic.
        if (bucket.split !== split) continue;
        seen.canary += bucket.canary.requests;
        seen.stable += bucket.stable.requests;
        if (bucket.canary.requests > 0) heardAt = lookedAt;
      }
      // Own requests go to both arms alike and say nothing about how traffic is split.
      const low = settings.source === "probe" || probing ? undefined : lowExposure(seen);
      if (low !== undefined && !warned) {
        warned = true;
        await run.change(`warn of low exposure in step ${stage + 1}`, {}, () => [
          run.event("analysis.low-exposure", `analysis/low-exposure/${stage + 1}`, {
            step: stage + 1,
            split,
            canary: Math.round(seen.canary),
            stable: Math.round(seen.stable),
            saw: low,
          }),
        ]);
      }
      this.warning = low;
      const facts = {
        verdict: this.analysis.verdict,
        elapsedMs,
        requests: Math.round(seen.canary),
        silentMs: split === 0 ? Number.POSITIVE_INFINITY : elapsedMs - heardAt,
        probing,
        gates: undefined,
      };
      let move = nextCanaryMove(facts, settings);
      stand = undefined;
      if (move.do === "ask the gates") {
        stand = await gates.ask();
        move = nextCanaryMove({ ...facts, gates: stand }, settings);
      }
      this.waits = stand?.do === "wait" ? stand.waits : [];
      this.because = move.because;
      if (move.do === "look") continue;
      if (move.do === "probe") {
        probing = true;
        await run.change(`write down the silence of step ${stage + 1}`, {}, () => [
          run.event("analysis.silent", `analysis/silent/${stage + 1}`, {
            step: stage + 1,
            split,
            source: settings.source,
            because: move.because,
            ms: facts.elapsedMs,
          }),
        ]);
        continue;
      }
      const report = this.analysis.report();
      await run.change(`write down the verdict of step ${stage + 1}`, {}, () => [
        run.event("analysis.verdict", `analysis/verdict/${stage + 1}`, {
          step: stage + 1,
          split,
          move: move.do,
          because: move.because,
          requests: facts.requests,
          ms: facts.elapsedMs,
          report: plain(report),
        }),
      ]);
      if (move.do === "next") return;
      throw new Stop(
        "failed",
        canaryWorse({
          deployment: this.candidate.id,
          share: `${Math.round(split * 100)} %`,
          because: move.because,
        }).toJSON(),
      );
    }
  }

  private because = "nothing measured yet";
  private waits: readonly Waiting[] = [];
  private measuredUntil = 0;

  private said: string | undefined;
  private warning: string | undefined;
  private words(): string {
    const said = this.said === undefined ? "" : `; ${this.said.replace(/\.$/, "")}`;
    const warning = this.warning === undefined ? "" : `; warning: ${this.warning}`;
    return `step watched: ${this.because}${said}${warning}`;
  }

  /** One measurement of both arms, written down with the step that made it. */
  private async look(
    { stage, split, probing }: { stage: number; split: number; probing: boolean },
    doing: string,
    done: number,
  ): Promise<{ buckets: Bucket[]; tookMs: number }> {
    const { run, candidate, stable } = this;
    const { world } = run;
    const seconds = Math.max(1, Math.round(world.settings.canary.interval / 1_000));
    const look = ++this.looks;
    const seen = await run.act(
      `measure ${look}`,
      doing,
      async (signal, tell) => {
        await tell(doing, done);
        const began = world.clock.monotonic();
        const rollout = await world.platform.keepRollout(candidate.id, signal).catch(() => undefined);
        // Somebody else ended it; what cannot be read is not taken for that.
        if (rollout !== undefined && (rollout.candidate !== candidate.id || rollout.state === "aborted")) {
          return { moved: rollout.state, buckets: [], notes: [], tookMs: 0 };
        }
        const notes: string[] = [];
        const buckets = await world.measure(
          { canary: candidate, stable },
          { seconds, split, probing, after: this.measuredUntil },
          signal,
          (one) => {
            if (notes.length < 20) notes.push(one);
          },
        );
        await world.ledger.append([
          run.event("analysis.observed", `analysis/observed/${look}`, {
            step: stage + 1,
            look,
            source: probing ? "probe" : world.settings.canary.source,
            buckets: plain(buckets),
            ...(notes.length > 0 ? { notes } : {}),
          }),
        ]);
        return { moved: null, buckets, notes, tookMs: world.clock.monotonic() - began };
      },
      { timeoutMs: (seconds + 60) * 1_000, attempts: 3, waits: this.waits },
    );
    if (seen.moved !== null) {
      throw new Stop("failed", productionMoved({ was: candidate.id, is: stable.id }).toJSON(), true);
    }
    // A look that an earlier version wrote down may have no notes, and not say what it took.
    this.said = (seen.notes ?? []).at(-1);
    return { buckets: seen.buckets, tookMs: seen.tookMs ?? Number.POSITIVE_INFINITY };
  }
}

const plain = (value: Report | Bucket[] | AnalysisSettings) => JSON.parse(JSON.stringify(value)) as Json;
