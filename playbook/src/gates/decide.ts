import type { Waiting } from "../terms/index.js";
import type { Gate, GateAnswer } from "./model.js";

/** A gate, and how it stood when it was asked. */
export type GateStanding = {
  gate: Pick<Gate, "id" | "everyMs" | "final">;
  answer: GateAnswer;
  /** Milliseconds since the epoch. */
  askedAt: number;
};

/** What a release does in front of its gates. */
export type GateMove =
  | { do: "pass"; because: string }
  | { do: "refuse"; gate: string; answer: GateAnswer & { is: "refused" } }
  | { do: "wait"; ms: number; waits: Waiting[] };

const shortest = 250;
/** A clock that is set, or a laptop that sleeps, must not make a wait longer than this unnoticed. */
const longest = 3_600_000;

/**
 * Says the next move; makes none. One refusal refuses; all have to be open to pass. A wait is as long as the first of its
 * gates can change: it is asked again, it opens, or its time is up. Every gate that is shut has a time at which it is not
 * any more, so that there is always an end.
 */
export function nextGateMove(asked: readonly GateStanding[], now: number): GateMove {
  for (const { gate, answer } of asked)
    if (answer.is === "refused") return { do: "refuse", gate: gate.id, answer };
  const shut = asked.flatMap(({ gate, answer, askedAt }) =>
    answer.is === "shut" ? [{ gate, answer, askedAt }] : [],
  );
  if (shut.length === 0)
    return {
      do: "pass",
      because: asked.map(({ gate, answer }) => `${gate.id}: ${answer.because}`).join("; "),
    };
  const changes = shut.flatMap(({ gate, answer, askedAt }) => [
    answer.opensAt ?? askedAt + gate.everyMs,
    answer.until,
  ]);
  return {
    do: "wait",
    ms: Math.min(longest, Math.max(shortest, Math.min(...changes) - now)),
    waits: shut.map(({ gate, answer }) => ({
      gate: gate.id,
      because: answer.because,
      ...(answer.opensAt === undefined ? {} : { opensAt: answer.opensAt }),
      until: answer.until,
      otherwise: answer.otherwise,
    })),
  };
}

/** Whether a gate has to be asked now. A final "open" stands; what may shut again is asked anew each time. */
export function isDue({ gate, answer, askedAt }: GateStanding, now: number): boolean {
  if (answer.is === "open") return !gate.final;
  if (answer.is === "refused") return false;
  return now >= Math.min(askedAt + gate.everyMs, answer.until, answer.opensAt ?? Number.POSITIVE_INFINITY);
}
