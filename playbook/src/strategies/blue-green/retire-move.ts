import { formatDuration } from "../../terms/duration.js";
import type { RetireSettings } from "../settings.js";

/** What is known when blue's next hour is decided. */
export type RetireFacts = {
  green: string;
  blue: string;
  /** What production serves; null when nothing. */
  serving: string | null;
  /** Where the platform is moving production at this moment. */
  moving: string | null;
  /** A release that is under way. */
  running: string | null;
  /** Hosts that lead to blue besides its own address. */
  hosts: readonly string[];
  elapsedMs: number;
};

/** What happens to blue next. `leave`: it is not ours to retire any more. */
export type RetireMove =
  | { do: "warm"; forMs: number }
  | { do: "stop"; because: string }
  | { do: "delete"; because: string }
  | { do: "leave"; because: string };

/** How long to wait for a release that is under way before looking again. */
const meanwhileMs = 60_000;

/**
 * Says what happens to blue; does nothing. Blue is never deleted while production is not on green, while anything moves
 * it, or while a host leads to blue.
 */
export function nextRetireMove(facts: RetireFacts, settings: RetireSettings): RetireMove {
  const { green, blue, serving, moving, running, hosts, elapsedMs } = facts;
  if (serving !== green)
    return { do: "leave", because: `production serves ${serving ?? "nothing"} and no longer ${green}` };
  const left = settings.after - elapsedMs;
  if (left > 0) return { do: "warm", forMs: left };
  const was = `${green} has served for ${formatDuration(Math.round(elapsedMs / 1_000) * 1_000)}`;
  switch (settings.policy) {
    case "keep":
      return { do: "warm", forMs: Number.MAX_SAFE_INTEGER };
    case "stop":
      return { do: "stop", because: `${was}; ${blue} is kept, and no longer kept warm` };
    case "delete":
      // A rollback that is just beginning may be on its way to blue.
      if (running !== null || moving !== null) return { do: "warm", forMs: meanwhileMs };
      if (hosts.length > 0)
        return { do: "stop", because: `${hosts.join(", ")} still leads to ${blue}, so it is kept` };
      return { do: "delete", because: was };
  }
}
