import type { Bucket } from "../statistics/index.js";

/** Where one arm of a release answers, and what leads a request there. Plain data, but for secrets in the headers. */
export type ArmTarget = {
  /** Id of the deployment that has to answer. */
  deployment: string;
  /** Base address without a trailing slash. */
  address: string;
  /** Sent with every request, e.g. what opens the platform's own protection. */
  headers: Record<string, string>;
  /** Added to every path, e.g. what forces this arm of a rolling release. */
  query?: Record<string, string>;
  /** Version stamp of the deployment, where it has one. */
  version?: string;
};

/** Both arms of a release. */
export type Arms = { canary: ArmTarget; stable: ArmTarget };

/**
 * What is measured: so many seconds, and the share of traffic the canary is meant to have in them (0 to 1). What is
 * measured as it happens is stamped no earlier than `after`, in milliseconds since the epoch, whatever the clock says.
 */
export type MeasuringWindow = { seconds: number; split: number; after?: number };

/** Told what a reader should know beside the numbers, in one sentence without secrets. */
export type OnNote = (note: string) => void;

/** Where the numbers about a release come from. It measures and never judges. */
export interface Source {
  readonly name: "probe" | "drain" | "prometheus" | "vercel";
  /**
   * Measures both arms for `window.seconds` from now. Successive calls give buckets that do not overlap and do not go
   * back in time.
   * @param note Told at the end what was left out of the counts, and why.
   * @returns One bucket per second, plain JSON. Ends early when the signal fires, with the seconds that were finished.
   * @throws What getting the token threw. What the service does is in the buckets.
   */
  measure(arms: Arms, window: MeasuringWindow, signal: AbortSignal, note?: OnNote): Promise<Bucket[]>;
}
