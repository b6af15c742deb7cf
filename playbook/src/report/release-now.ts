import type { LedgerEntry } from "../terms/index.js";
import { type CanaryNow, followEvidence } from "./canary-evidence.js";
import { numberIn, textIn } from "./fields.js";
import { followWaits, type WaitsFor } from "./waits-for.js";

/** How a release stands at one moment, as its entries of the ledger tell it. Plain data. */
export type ReleaseNow = {
  /** The moment, in milliseconds since the epoch. */
  at: number;
  /** The phase it is in or ended in; empty before the first. */
  phase: string;
  /** When that phase began, in milliseconds since the epoch; null before the first. */
  since: number | null;
  /** The new deployment's share of traffic as last set, 0 to 1. */
  split: number;
  /** The new deployment, once there is one. */
  to?: string;
  /** The deployment that users had before. */
  from?: string;
  /** What a canary's measurements have come to; left out before there are any, and in releases without. */
  canary?: CanaryNow;
  /** What it waits for; empty once it has ended. */
  waitsFor: WaitsFor[];
  /** How it ended, once it has. */
  ended?: { state: string; because: string };
};

/** A release that is followed through the ledger: each of its entries is taken once, in order. */
export interface FollowedRelease {
  take(entry: LedgerEntry): void;
  /** @param at Now, in milliseconds since the epoch. */
  now(at: number): ReleaseNow;
}

/** Begins to follow a release. */
export function followRelease(): FollowedRelease {
  const evidence = followEvidence();
  const waits = followWaits();
  let phase = "";
  let since: number | null = null;
  let split = 0;
  let to = "";
  let from = "";
  let ended: ReleaseNow["ended"];
  return {
    take(entry) {
      evidence.take(entry);
      waits.take(entry);
      const { kind, data, at } = entry;
      switch (kind) {
        case "phase.started":
          phase = textIn(data, "phase");
          since = at;
          return;
        case "deployment.created":
        case "deployment.taken":
          to = textIn(data, "deployment");
          return;
        case "way-back.remembered":
          from = textIn(data, "deployment");
          return;
        case "traffic.shifting":
          to = textIn(data, "to") || to;
          from = textIn(data, "from") || from;
          return;
        case "traffic.step":
          split = Math.min(1, Math.max(0, numberIn(data, "split") ?? 0));
          return;
        case "traffic.shifted":
          split = 1;
          return;
        case "rollback.verified":
          split = 0;
          return;
        case "release.ended":
          ended = { state: textIn(data, "state"), because: textIn(data, "because") };
          return;
      }
    },
    now(at) {
      const canary = evidence.now();
      return {
        at,
        phase,
        since,
        split,
        ...(to === "" ? {} : { to }),
        ...(from === "" ? {} : { from }),
        ...(canary === undefined ? {} : { canary }),
        waitsFor: waits.now(evidence.step(), at),
        ...(ended === undefined ? {} : { ended }),
      };
    },
  };
}
