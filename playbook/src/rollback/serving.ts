import { type Clock, type Http, type HttpResult, stampOf } from "../terms/index.js";

/** What one host answered last, in words for people and figures for the ledger. */
export type HostProof = {
  host: string;
  /** Answers in a row that were right. */
  right: number;
  /** The last answer in a few words. */
  saw: string;
  /** Whether the right answers named their deployment; otherwise the platform's word is all there is. */
  named: boolean;
};

/** Whether every host serves the deployment. */
export type ServingProof = { proven: boolean; hosts: HostProof[]; ms: number };

/** Judges one answer of a host that ought to serve `deployment`. */
export function judgeAnswer(
  result: HttpResult,
  deployment: string,
): { right: boolean; named: boolean; saw: string } {
  if (!result.answered) return { right: false, named: false, saw: result.message };
  const stamp = stampOf(result);
  if (stamp.deployment === undefined) {
    return {
      right: result.status < 500,
      named: false,
      saw: `answers ${result.status} without naming its deployment`,
    };
  }
  if (stamp.deployment === deployment) {
    return { right: true, named: true, saw: `${deployment} answers ${result.status}` };
  }
  return { right: false, named: true, saw: `${stamp.deployment} still answers` };
}

/**
 * Asks every host until each has given `answers` right answers in a row, or the time is up. READY and "promoted" are
 * the platform's words; this is what users get. Reads only, so it may be run again at any time.
 * @param input.hosts Base addresses of the production hosts.
 * @param input.timeoutMs How long to go on asking.
 * @param input.settled Further condition, asked in each round: whether the platform itself says it is done.
 */
export async function proveServing(
  input: {
    hosts: readonly string[];
    deployment: string;
    path: string;
    answers: number;
    headers: Record<string, string>;
    timeoutMs: number;
    settled: () => Promise<boolean>;
  },
  ports: { http: Http; clock: Clock },
  signal: AbortSignal,
): Promise<ServingProof> {
  const began = ports.clock.monotonic();
  const proofs = input.hosts.map(
    (host): HostProof => ({ host, right: 0, saw: "not asked yet", named: true }),
  );
  for (;;) {
    const settled = await input.settled();
    await Promise.all(
      proofs.map(async (proof) => {
        const result = await ports.http.send(
          { url: proof.host + input.path, headers: input.headers, timeoutMs: 5_000 },
          signal,
        );
        const judged = judgeAnswer(result, input.deployment);
        proof.right = judged.right ? proof.right + 1 : 0;
        proof.saw = judged.saw;
        proof.named = judged.named;
      }),
    );
    const ms = Math.round(ports.clock.monotonic() - began);
    if (settled && proofs.every((p) => p.right >= input.answers)) return { proven: true, hosts: proofs, ms };
    if (ms >= input.timeoutMs || signal.aborted) return { proven: false, hosts: proofs, ms };
    // Hosts that already answer right are asked again at once; only a wrong answer is worth a pause.
    if (!settled || proofs.some((p) => p.right === 0))
      await ports.clock.sleep(100, signal).catch(() => undefined);
  }
}

/** The hosts of a failed proof in a sentence. */
export function whatWasSeen(proof: ServingProof): string {
  if (proof.hosts.length === 0) return "production has no host";
  return proof.hosts.map((h) => `${h.host}: ${h.saw}`).join("; ");
}
