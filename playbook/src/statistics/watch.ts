import { failures, slowOnes } from "./counts.js";
import { sayGuardrail } from "./guardrails/index.js";
import { tilt, upwards } from "./mathematics/kernel.js";
import { logSum } from "./mathematics/logarithms.js";
import { openRestartingBank, type RestartingBankState } from "./mathematics/restarting-bank.js";
import { type ArmCounts, type ErrorsGuardrail, guardrailDefaults, type SlowGuardrail } from "./model.js";
import { checkGuardrail } from "./sound.js";

/** What is watched once all traffic is on the new version: limits of its own, for there is no stable left. */
export type WatchSettings = {
  guardrails: readonly (ErrorsGuardrail | SlowGuardrail)[];
  /** Shortest mean time between false alarms, in seconds. Default one year. */
  false_alarm_every_seconds?: number | undefined;
};

/** What one look of the watch found. */
export type WatchReport = {
  /** Log of the detector's value, in log-seconds; -Infinity before any data. An alarm at `threshold`. */
  logM: number;
  threshold: number;
  alarm: boolean;
  /** The guardrail that contributes most, and the part of it. */
  because: string | null;
  guardrails: { id: string; says: string; share: number }[];
};

/** In the robust profile, the most that one bucket may add to a component's evidence, in nats. */
const cap = 3;

/** A watch between two buckets, as plain data. */
export type WatchState = { format: "atoms-watch/1"; banks: RestartingBankState[] };

/** One year of 365.25 days. */
export const year = 31_557_600;

/** Sees a change whenever it comes. */
export interface Watch {
  /** Takes what the service answered in `seconds`. After an alarm it begins afresh. */
  observe(bucket: { seconds: number; counts: ArmCounts }): WatchReport;
  snapshot(): WatchState;
}

/**
 * Opens the detector for the time after a release has all traffic. Its false alarms are bounded in time, not in
 * number: on average no more often than `false_alarm_every_seconds`, for as long as it runs. A guardrail with the
 * profile `robust` takes at most three nats from a bucket, so that no bucket alone may raise an alarm; give it buckets of
 * ten seconds or so. Everything else counts as it comes.
 * @throws RangeError for settings that cannot be.
 */
export function createWatch(settings: WatchSettings, snapshot?: WatchState): Watch {
  const every = settings.false_alarm_every_seconds ?? year;
  if (settings.guardrails.length === 0) throw new RangeError("a watch needs at least one guardrail");
  if (!(every > 0)) throw new RangeError(`false_alarm_every_seconds is ${every}; expected more than 0`);
  settings.guardrails.forEach(checkGuardrail);
  const threshold = Math.log(every);
  const weights = upwards.map(() => 1 / upwards.length);
  const banks = settings.guardrails.map((_, i) => openRestartingBank(weights, snapshot?.banks[i]));
  const all = settings.guardrails.reduce((sum, g) => sum + (g.weight ?? 1), 0);
  const logWeights = settings.guardrails.map((g) => Math.log((g.weight ?? 1) / all));

  return {
    observe({ seconds, counts }) {
      settings.guardrails.forEach((g, i) => {
        banks[i]?.bet(seconds, gainsOf(g, counts));
      });
      const each = banks.map((bank, i) => (logWeights[i] as number) + bank.logM);
      const logM = logSum(each);
      const alarm = logM >= threshold;
      const guardrails = settings.guardrails.map((g, i) => ({
        id: g.id,
        says: sayGuardrail(g),
        share: Math.exp((each[i] as number) - logM),
      }));
      const worst = guardrails.reduce((a, b) => (b.share > a.share ? b : a));
      if (alarm) for (const bank of banks) bank.reset();
      return {
        logM,
        threshold,
        alarm,
        because: alarm ? `${worst.id}: no longer ${worst.says}` : null,
        guardrails,
      };
    },
    snapshot: () => ({ format: "atoms-watch/1", banks: banks.map((bank) => bank.state()) }),
  };
}

function gainsOf(g: ErrorsGuardrail | SlowGuardrail, counts: ArmCounts): number[] {
  const { hits, trials } =
    g.kind === "errors" ? failures(counts, g.of ?? guardrailDefaults.errors.of) : slowOnes(counts, g.over);
  const limit = g.limit ?? guardrailDefaults[g.kind].limit;
  const most = g.profile === "robust" ? cap : Number.POSITIVE_INFINITY;
  return upwards.map((odds) => Math.min(most, tilt(hits, trials, limit, odds) / (g.dispersion ?? 1)));
}
