import type { Arm, Bucket } from "../statistics/index.js";
import type { Clock, Http } from "../terms/index.js";
import { type ValidationPlan, type Visit, visit } from "../validation/index.js";
import type { Asker, ProbeAnswer } from "./answer.js";
import { askPaths } from "./ask-paths.js";
import { askTool, settleQuestion, type ToolQuestion } from "./ask-tool.js";
import { openBuckets } from "./buckets.js";
import type { Arms, ArmTarget, OnNote, Source } from "./model.js";
import type { ProbeSettings } from "./settings.js";

/** How to probe. */
export type ProbePlan = {
  settings: ProbeSettings;
  /** Where the service is asked, with which tool and which probe header. */
  validation: ValidationPlan;
  /** Limits in milliseconds for which slow answers are counted. */
  slow: readonly number[];
};

/** What probing needs from outside. */
export type ProbePorts = {
  http: Http;
  clock: Clock;
  /** Token for authenticated requests; undefined when there is none. Asked once per measurement. */
  bearerToken(): Promise<string | undefined>;
};

/** A probe that this machine could not send within so many milliseconds of its time is not sent at all. */
const tooLate = 1_000;

/**
 * The source `probe`: its own requests to both arms' own addresses, so that there is something to compare at zero
 * traffic. In every turn both arms are asked the same thing at the same moment, in alternating order, on a schedule that
 * does not wait for answers. An answer counts in the second in which it was asked for, so both halves of a turn are
 * always in one bucket; the measurement waits for the slowest, at most three time-outs beyond the window.
 */
export function probeSource(plan: ProbePlan, ports: ProbePorts): Source {
  const { settings, slow } = plan;
  const validation: ValidationPlan = { ...plan.validation, timeout: settings.timeout };
  const { clock } = ports;
  let settled: { stable: string; question: ToolQuestion } | undefined;
  let lastEnd = Number.NEGATIVE_INFINITY;

  /** Both arms' askers, ready to go. */
  async function askers(arms: Arms, signal: AbortSignal): Promise<Record<Arm, Asker>> {
    const visiting = (target: ArmTarget): Visit =>
      visit({ address: target.address, deployment: target.deployment, headers: target.headers }, validation, {
        ...ports,
        signal,
      });
    const canary = { visit: visiting(arms.canary), target: arms.canary };
    const stable = { visit: visiting(arms.stable), target: arms.stable };
    // Asked here, because a token that cannot be had is no fault of either arm.
    await Promise.all([canary.visit.token(), stable.visit.token()]);
    const { mcp } = validation.smoke;
    if (!settings.tools || mcp === false) {
      const paths = settings.paths ?? [probedPath(validation)];
      return {
        canary: askPaths(canary.visit, canary.target, paths),
        stable: askPaths(stable.visit, stable.target, paths),
      };
    }
    let question = settled?.stable === arms.stable.deployment ? settled.question : undefined;
    if (question === undefined) {
      const found = await settleQuestion([stable, canary], mcp);
      question = found.question;
      if (found.sure) settled = { stable: arms.stable.deployment, question };
    }
    return {
      canary: askTool(canary.visit, canary.target, mcp.path, question),
      stable: askTool(stable.visit, stable.target, mcp.path, question),
    };
  }

  return {
    name: "probe",
    async measure(arms, window, signal, note = () => undefined) {
      if (signal.aborted) return [];
      const ask = await askers(arms, signal);
      const seconds = Math.max(1, Math.round(window.seconds));
      const gap = 1_000 / settings.rate;
      const turns = Math.ceil(seconds * settings.rate);
      const began = clock.monotonic();
      const start = Math.max(clock.now(), lastEnd, window.after ?? 0);
      lastEnd = start + seconds * 1_000;
      const record = openBuckets(slow, start);
      const notes = gatherNotes();
      /** Seconds in which a probe was not waited for: leaving out only the slow ones would flatter. */
      const unfinished = new Set<number>();

      const askBoth = async (turn: number) => {
        const second = Math.floor((turn * gap) / 1_000 + 1e-9);
        const at = start + second * 1_000;
        const order: Arm[] = turn % 4 < 2 ? ["canary", "stable"] : ["stable", "canary"];
        const answers = await Promise.all(order.map((arm) => ask[arm].ask(turn)));
        if (answers.some((answer) => answer.kind === "cut")) {
          unfinished.add(second);
          return;
        }
        // Both arms refuse: then it is the token that is no good, and no version.
        if (answers.every(isRefusal)) return notes.add("both", "refused by both arms with 401 or 403");
        order.forEach((arm, i) => {
          const answer = answers[i] as ProbeAnswer;
          if (answer.kind === "nobody") notes.add(arm, answer.why);
          if (answer.kind !== "counts") return;
          const { failed, ms, tool } = answer;
          const { deployment } = arms[arm];
          record.add({ deployment, at, failed, ms, ...(tool === undefined ? {} : { tool }) });
        });
      };

      const all: Promise<void>[] = [];
      for (let turn = 0; turn < turns && !signal.aborted; turn++) {
        await sleepUntil(clock, began + turn * gap, signal);
        if (signal.aborted) break;
        if (clock.monotonic() - (began + turn * gap) > tooLate)
          notes.add("both", "not sent, for this machine was too busy");
        else all.push(askBoth(turn));
      }
      await sleepUntil(clock, began + seconds * 1_000, signal);
      const elapsed = Math.min(seconds, Math.floor((clock.monotonic() - began) / 1_000));
      await Promise.all(all);
      await Promise.all([ask.canary.end(), ask.stable.end()]);
      notes.tell(arms, note);
      const finished: Bucket[] = record.buckets({
        canary: arms.canary.deployment,
        stable: arms.stable.deployment,
        start,
        seconds: signal.aborted ? elapsed : seconds,
        split: window.split,
      });
      return finished.filter((_, second) => !unfinished.has(second));
    },
  };
}

/** The one path that says most where tools are not called. */
function probedPath({ watch, smoke }: ValidationPlan): string {
  return watch.path ?? (smoke.health === false ? "/" : smoke.health.path);
}

const isRefusal = (answer: ProbeAnswer) => answer.kind === "counts" && answer.refused;

/** Waits until a monotonic time; returns at once when the signal fires. */
async function sleepUntil(clock: Clock, time: number, signal: AbortSignal): Promise<void> {
  const wait = time - clock.monotonic();
  if (wait <= 0 || signal.aborted) return;
  await clock.sleep(wait, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Gathers what counts for nobody, to be told once and not for every probe. */
function gatherNotes() {
  const counts = new Map<string, { arm: Arm | "both"; why: string; count: number }>();
  return {
    add(arm: Arm | "both", why: string) {
      const key = `${arm} ${why}`;
      const known = counts.get(key);
      if (known !== undefined) known.count++;
      else if (counts.size < 50) counts.set(key, { arm, why, count: 1 });
    },
    tell(arms: Arms, note: OnNote) {
      for (const { arm, why, count } of counts.values()) {
        const to = arm === "both" ? "both arms" : `the ${arm} ${arms[arm].deployment}`;
        note(`${count} ${count === 1 ? "probe" : "probes"} of ${to} counted for nobody: ${why}.`);
      }
    },
  };
}
