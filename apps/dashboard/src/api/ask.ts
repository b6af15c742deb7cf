import type { ProblemData } from "@atoms/playbook";
import { askedAhead, below, forgetAhead, readAt } from "./ahead.js";
import type { Answer, Asked, Call } from "./calls.js";

/** A question that was not answered, and why, in the control plane's own words. */
export class Refusal extends Error {
  constructor(
    readonly problem: ProblemData,
    /** Nobody is signed in any more. */
    readonly strange: boolean,
  ) {
    super(problem.happened);
  }
}

/** How long an answer is waited for, in milliseconds. */
const patienceMs = 60_000;

/** Asks the API; the session's cookie says who asks. @throws Refusal */
export async function request<T>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const late = AbortSignal.timeout(patienceMs);
  // An act makes old what was read before it; above all signing in does.
  if (method !== "GET") forgetAhead();
  let response: Response;
  try {
    response = await ((method === "GET" && askedAhead(path)) ||
      fetch(`${below}${path}`, {
        method,
        headers: body === undefined ? {} : { "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      }));
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal(away(late.aborted), false);
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && typeof answer === "object" && answer !== null && "answer" in answer)
    return answer.answer as T;
  throw new Refusal(isProblemData(answer) ? answer : unclear(response.status), response.status === 401);
}

/** Asks a verb. @throws Refusal */
export function ask<V>(call: Call<V>, input: Asked<V>, signal?: AbortSignal): Promise<Answer<V>> {
  if (call.method === "POST") return request("POST", call.path, input, signal);
  return request("GET", readAt(call.path, input), undefined, signal);
}

/** What went wrong, whatever was thrown. */
export const problemOf = (error: unknown): ProblemData =>
  error instanceof Refusal
    ? error.problem
    : {
        code: "",
        title: "The dashboard made a mistake",
        happened: error instanceof Error ? error.message : String(error),
        fix: "Load the page again; `atoms status` says the same in a terminal.",
        ending: "failed",
      };

const isProblemData = (value: unknown): value is ProblemData =>
  typeof value === "object" && value !== null && "code" in value && "happened" in value && "fix" in value;

const away = (late: boolean): ProblemData => ({
  code: "ATM-911",
  title: "The control plane does not answer",
  happened: late
    ? `There was no answer in ${patienceMs / 1_000} s.`
    : "It cannot be reached from this browser.",
  stillTrue: "Releases are durable: they go on, or wait, without this page.",
  fix: "`atoms up` starts it; this page goes on by itself when it answers.",
  ending: "failed",
});

const unclear = (status: number): ProblemData => ({
  code: "",
  title: "The answer could not be read",
  happened: `Something answered with status ${status}, and it was not the control plane.`,
  fix: "Look at the proxy between this browser and the control plane.",
  ending: "failed",
});
