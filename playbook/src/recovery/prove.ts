import { type Clock, type Http, type HttpResult, stampOf } from "../terms/index.js";

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

/** What one host's health said last. */
export type HealthProof = { host: string; right: boolean; saw: string };

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

/**
 * Judges one answer of a service's health after a recovery.
 * @param deployment Id that has to answer; any when left out.
 */
export function judgeHealth(
  result: HttpResult,
  expected: readonly HealthExpectation[],
  deployment?: string,
): { right: boolean; saw: string } {
  if (!result.answered) return { right: false, saw: result.message };
  const by = stampOf(result).deployment;
  if (deployment !== undefined && by !== undefined && by !== deployment)
    return { right: false, saw: `${by} still answers` };
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

/**
 * Asks the health of every address until each says three times in a row what it must, or the time is up. Reads only.
 * @param input.timeoutMs How long to go on asking.
 */
export async function proveHealth(
  input: {
    hosts: readonly string[];
    path: string;
    headers: Record<string, string>;
    expected: readonly HealthExpectation[];
    deployment?: string;
    timeoutMs: number;
  },
  { http, clock }: { http: Http; clock: Clock },
  signal: AbortSignal,
): Promise<{ proven: boolean; hosts: HealthProof[]; ms: number }> {
  const began = clock.monotonic();
  const standing = input.hosts.map((host) => ({ host, row: 0, right: false, saw: "not asked yet" }));
  const answers = () => standing.map(({ host, right, saw }): HealthProof => ({ host, right, saw }));
  for (;;) {
    await Promise.all(
      standing.map(async (one) => {
        const result = await http.send(
          { url: one.host + input.path, headers: input.headers, timeoutMs: 5_000 },
          signal,
        );
        const judged = judgeHealth(result, input.expected, input.deployment);
        Object.assign(one, judged, { row: judged.right ? one.row + 1 : 0 });
      }),
    );
    const ms = Math.round(clock.monotonic() - began);
    if (standing.length > 0 && standing.every(({ row }) => row >= rightInARow))
      return { proven: true, hosts: answers(), ms };
    if (ms >= input.timeoutMs || signal.aborted || standing.length === 0)
      return { proven: false, hosts: answers(), ms };
    await clock.sleep(askEveryMs, signal).catch(() => undefined);
  }
}

const rightInARow = 3;
const askEveryMs = 500;

/** What hosts said, in a sentence. */
export const healthSeen = (hosts: readonly HealthProof[]): string =>
  hosts.length === 0
    ? "production has no host."
    : `${hosts.map(({ host, saw }) => `${host} ${saw}`).join("; ")}.`;
