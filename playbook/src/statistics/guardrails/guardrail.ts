import type { Count } from "../counts.js";
import { type Profile, robust, strict } from "../mathematics/bank.js";
import { rateInterval } from "../mathematics/rate-interval.js";
import type { Bucket, Estimate, Guardrail, Measure, ProfileName } from "../model.js";

/** One guardrail while a release is judged: what it bets, how much it knows, whether it has proof of health. */
export interface GuardrailTest {
  /** Log of the evidence for harm. */
  readonly logE: number;
  readonly maxLogE: number;
  /** Undefined once enough was seen for an alarm; until then what is lacking. Can only lower the false alarms. */
  readonly tooFew: string | undefined;
  /** Judges one bucket, `[start, end)` in seconds since the analysis began. */
  bet(bucket: Bucket, start: number, end: number): void;
  /** Sees a bucket that is not judged, for what may be learnt from stable alone. */
  learn(bucket: Bucket): void;
  /** Forgets the proof of health, and nothing else. */
  beginStep(): void;
  /** Log of the proof of health in this step, the weakest where there are several; null where none is asked for. */
  readonly passLogE: number | null;
  /** Requests of the canary still needed for that proof if it goes on like this; null where it would never come. */
  requestsLeft(threshold: number): number | null;
  /** @param level Chance that an interval ever misses. */
  measures(level: number): Measure[];
  sample(): { canary: number; stable: number; bad: number };
  effect(): { factor: number; via: string } | null;
  dispersion(): number | null;
  /** Plain data; `open` takes it back. */
  state(): unknown;
}

/** What every guardrail is opened with. */
export type Opening = {
  profile: ProfileName;
  /** Opens another guardrail, for those that are made of several. */
  open(guardrail: Guardrail, saved: unknown): GuardrailTest;
};

/** One kind of guardrail. */
export interface Kind<G extends Guardrail> {
  /** The limit in words, e.g. "at most 1% of requests fail". */
  says(guardrail: G, sayOther: (other: Guardrail) => string): string;
  /** Opens its test. @param saved A state to go on from; undefined to begin. */
  open(guardrail: G, opening: Opening, saved: unknown): GuardrailTest;
}

const profiles: Record<ProfileName, Profile> = { strict, robust };
export const profileOf = (own: ProfileName | undefined, opening: Opening): Profile =>
  profiles[own ?? opening.profile];

/** Fewest bad events of the canary before an alarm on a rate. */
export const fewestBad = 3;
export const fewBad = (bad: number): string | undefined =>
  bad >= fewestBad
    ? undefined
    : `${fewestBad} bad events of the canary are needed, ${Math.round(bad)} were seen`;

/** A rate and its interval; null where nothing was counted. With clusters of `dispersion` records as single events. */
export function rateEstimate(count: Count, level: number, dispersion: number): Estimate | null {
  if (count.trials <= 0) return null;
  return {
    value: count.hits / count.trials,
    ...rateInterval(count.hits / dispersion, count.trials / dispersion, level),
    sample: count.trials,
  };
}

/** A share for people: 0.0123 is "1.23%". */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))}%`;
export const nameOf = { requests: "requests", tool_calls: "tool calls" } as const;

/** The odds that the evidence speaks for, as an average of the components by their share of it. */
export function typicalOdds(odds: readonly number[], shares: readonly number[]): number {
  return Math.exp(odds.reduce((sum, one, k) => sum + (shares[k] as number) * Math.log(one), 0));
}
