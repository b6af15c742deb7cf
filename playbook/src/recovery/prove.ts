import { type HttpResult, proveHosts } from "../terms/index.js";

/** What the service's health must say of one database. */
export type HealthExpectation = {
  database: string;
  /** Paths into the JSON. */
  status: string;
  target: string;
  words: readonly string[];
  /** The target that has to be there. */
  is: string;
};

/** The value at a path of a JSON value; undefined where there is none. */
export const valueAt = (json: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (here, key) =>
        typeof here === "object" && here !== null && Object.hasOwn(here, key)
          ? (here as Record<string, unknown>)[key]
          : undefined,
      json,
    );

/** The JSON of an answer; undefined when it has none. */
export function healthJson(result: HttpResult): unknown {
  if (!result.answered) return undefined;
  try {
    return JSON.parse(result.body);
  } catch {
    return undefined;
  }
}

/** Judges one answer of a service's health after a recovery. */
export function judgeHealth(
  result: HttpResult,
  expected: readonly HealthExpectation[],
): { right: boolean; saw: string } {
  if (!result.answered) return { right: false, saw: result.message };
  const json = healthJson(result);
  if (json === undefined) return { right: false, saw: `answers ${result.status} without JSON` };
  const seen: string[] = [];
  let right = true;
  for (const { database, status, target, words, is } of expected) {
    const state = valueAt(json, status);
    const uses = valueAt(json, target);
    const well = typeof state === "string" && words.includes(state);
    right = right && well && uses === is;
    seen.push(
      `${database} is ${typeof state === "string" ? state : `not named at ${status}`}, ` +
        (typeof uses === "string"
          ? uses === is
            ? `target ${uses}`
            : `target ${uses} instead of ${is}`
          : `no target at ${target}`),
    );
  }
  return { right, saw: `answers ${result.status}: ${seen.join("; ")}` };
}

/** Asks the health of every address until each says what it must, or the time is up. Reads only. */
export const proveHealth = (
  input: Omit<Parameters<typeof proveHosts>[0], "judge"> & { expected: readonly HealthExpectation[] },
  ports: Parameters<typeof proveHosts>[1],
  signal: AbortSignal,
) => proveHosts({ ...input, judge: (result) => judgeHealth(result, input.expected) }, ports, signal);
