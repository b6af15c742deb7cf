import type { HttpResult } from "../terms/index.js";
import { strangerIn } from "../validation/index.js";
import type { ArmTarget } from "./model.js";

/** What came of one probe. */
export type ProbeAnswer =
  /** It counts. `refused`: with 401 or 403, which may be the fault of the token; the other arm tells. */
  | { kind: "counts"; failed: boolean; ms: number; refused: boolean; tool?: { failed: boolean } }
  /** It says nothing about the arm, and why in a few words. */
  | { kind: "nobody"; why: string }
  /** It was not waited for, because the signal fired. */
  | { kind: "cut" };

/** One way of putting the same question to an arm again and again. */
export interface Asker {
  /** @param turn Number of the probe; both arms are asked the same thing in the same turn. */
  ask(turn: number): Promise<ProbeAnswer>;
  /** Lets go of what was opened. */
  end(): Promise<void>;
}

/** Judges an answer as far as HTTP goes: who gave it, and whether it is one that says something. */
export function answerOf(http: HttpResult, target: ArmTarget): ProbeAnswer {
  if (!http.answered) {
    if (http.why === "cancelled") return { kind: "cut" };
    return { kind: "counts", failed: true, ms: http.ms, refused: false };
  }
  const stranger = strangerIn(http, { address: target.address, deployment: target.deployment });
  if (stranger !== undefined) return { kind: "nobody", why: `answered by ${stranger}` };
  if (http.status === 429) return { kind: "nobody", why: "refused for their rate (429)" };
  return {
    kind: "counts",
    failed: http.status < 200 || http.status > 299,
    ms: http.ms,
    refused: http.status === 401 || http.status === 403,
  };
}

/** A path with the arm's own query. */
export function pathTo(path: string, target: ArmTarget): string {
  const query = new URLSearchParams(target.query ?? {}).toString();
  return query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
}
