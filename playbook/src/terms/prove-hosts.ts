import type { Clock } from "./clock.js";
import type { Http, HttpResult } from "./http.js";
import { stampOf } from "./stamp.js";

/** What one host said last, and whether that was right. */
export type HealthProof = { host: string; right: boolean; saw: string };

/** Right answers in a row that count as proof: behind one host there may be several processes. */
const rightInARow = 3;
const askEveryMs = 500;

/**
 * Asks a path of every host until each has given three right answers in a row, or the time is up. Reads only, so it may be run
 * again at any time.
 * @param input.deployment Whose answer it has to be, where answers say that; anybody's when left out.
 * @param input.judge Says of one answer whether it is right. @param input.timeoutMs How long to go on asking.
 */
export async function proveHosts(
  input: {
    hosts: readonly string[];
    path: string;
    headers: Record<string, string>;
    deployment?: string;
    judge: (result: HttpResult) => { right: boolean; saw: string };
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
        const { right, saw } = answeredByOther(result, input.deployment) ?? input.judge(result);
        Object.assign(one, { right, saw, row: right ? one.row + 1 : 0 });
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

/** The judgement of an answer that another deployment gave; undefined when it was the right one, or does not say. */
export function answeredByOther(
  result: HttpResult,
  deployment: string | undefined,
): { right: false; saw: string } | undefined {
  const by = result.answered ? stampOf(result).deployment : undefined;
  return deployment === undefined || by === undefined || by === deployment
    ? undefined
    : { right: false, saw: `${by} still answers` };
}

/** What hosts said, in a sentence. */
export const healthSeen = (hosts: readonly HealthProof[]): string =>
  hosts.length === 0
    ? "production has no host."
    : `${hosts.map(({ host, saw }) => `${host} ${saw.replace(/\.$/, "")}`).join("; ")}.`;
