import type { Actor } from "@atoms/playbook";
import { Problem, type ProblemData } from "@atoms/playbook/problem";
import { controlPlaneAway, internalFailure } from "../problems.js";
import type { Call } from "../verbs/verb.js";

/** How to ask Atoms: in this process or over the API, the same words. */
export interface Ask {
  /** Where the answers come from. */
  readonly from: "this process" | "control plane";
  <I, O>(call: Call<I, O>, input: I): Promise<O>;
}

/**
 * Asks a running control plane.
 * @param timeoutMs For one answer; a verb that works longer says so by being asked again (`follow`).
 * @throws The problem the control plane answered with; ATM-911 when it cannot be reached.
 */
export function askOver(url: string, token: string, actor: Actor, timeoutMs = 120_000): Ask {
  const ask = async <I, O>(verb: Call<I, O>, input: I): Promise<O> => {
    const address =
      verb.method === "GET"
        ? `${url}/api/v1${verb.path}?input=${encodeURIComponent(JSON.stringify(input))}`
        : `${url}/api/v1${verb.path}`;
    let response: Response;
    try {
      response = await fetch(address, {
        method: verb.method,
        headers: {
          authorization: `Bearer ${token}`,
          "x-atoms-actor": encodeURIComponent(actor.name),
          ...(verb.method === "POST" ? { "content-type": "application/json" } : {}),
        },
        ...(verb.method === "POST" ? { body: JSON.stringify(input) } : {}),
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw controlPlaneAway({ url, why: error instanceof Error ? reasonOf(error) : String(error) });
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && isAnswer(body)) return body.answer as O;
    if (isProblemData(body)) throw Problem.from(body);
    throw internalFailure({ what: `${verb.name} (status ${response.status})` });
  };
  return Object.assign(ask, { from: "control plane" as const });
}

const reasonOf = (error: Error) =>
  error.name === "TimeoutError"
    ? "no answer in time"
    : error.cause instanceof Error
      ? error.cause.message
      : error.message;

const isAnswer = (body: unknown): body is { ok: true; answer: unknown } =>
  typeof body === "object" && body !== null && "ok" in body && "answer" in body;

const isProblemData = (body: unknown): body is ProblemData =>
  typeof body === "object" && body !== null && "code" in body && "happened" in body && "fix" in body;
