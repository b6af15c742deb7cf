import { z } from "zod";
import type { HttpResult } from "../../terms/index.js";
import type { AskedAt, Gate, GateAnswer, GatePoint, GateSubject } from "../model.js";
import type { GatePorts } from "../ports.js";
import { webhookRefused } from "../problems.js";
import type { WebhookSettings } from "../settings.js";
import { waitedText } from "../words.js";

const Answer = z.object({
  answer: z.enum(["open", "hold", "refuse"]),
  because: z.string().max(2_000).optional(),
});

/** What the other system said, or why it is no answer. */
export type WebhookFacts =
  | { answered: true; answer: "open" | "hold" | "refuse"; because: string | undefined }
  | { answered: false; because: string };

/** Asks another system by a signed request; what it answers opens, holds or refuses. */
export function webhookGate(settings: WebhookSettings, point: GatePoint, subject: GateSubject): Gate {
  const gate = `webhook ${settings.name}`;
  const refused = (because: string, at: AskedAt): GateAnswer => ({
    is: "refused",
    because,
    problem: webhookRefused({ gate, because, waited: waitedText(at.since, at.now) }).toJSON(),
  });
  const judge = (facts: WebhookFacts, at: AskedAt): GateAnswer => {
    const until = at.since + settings.deadline;
    const said = facts.because ?? "it gave no reason";
    if (facts.answered && facts.answer === "open")
      return { is: "open", because: facts.because ?? "it said so" };
    if (facts.answered && facts.answer === "refuse") return refused(said, at);
    if (facts.answered) {
      return at.now >= until
        ? refused(`it still holds (${said})`, at)
        : { is: "shut", because: `it holds: ${said}`, until, otherwise: "refuse" };
    }
    if (at.now < until) return { is: "shut", because: said, until, otherwise: settings.no_answer };
    return settings.no_answer === "open"
      ? { is: "open", because: `no answer in time (${said}), which the playbook takes for yes` }
      : refused(`no answer in time (${said})`, at);
  };
  return {
    id: gate,
    says: `${settings.name} answers "open" to a signed request (asked at most ${settings.deadline / 1_000} s; no answer: ${settings.no_answer})`,
    everyMs: settings.every,
    waitMs: settings.deadline,
    final: true,
    ask: async (ports, at, signal) => judge(await measure(settings, point, subject, ports, signal), at),
  };
}

/**
 * `x-atoms-signature` is `sha256=` and the HMAC of `<x-atoms-timestamp>.<body>`, as for notices; `idempotency-key` is
 * the same for every question of one release at one point.
 */
async function measure(
  settings: WebhookSettings,
  point: GatePoint,
  subject: GateSubject,
  { http, clock, sign }: GatePorts,
  signal: AbortSignal | undefined,
): Promise<WebhookFacts> {
  const { overrides: _, startedBy, ...facts } = subject;
  const body = JSON.stringify({ gate: settings.name, point, ...facts, startedBy: startedBy.name });
  const timestamp = String(Math.floor(clock.now() / 1_000));
  const result = await http.send(
    {
      url: settings.url,
      method: "POST",
      headers: {
        "content-type": "application/json; charset=utf-8",
        accept: "application/json",
        "idempotency-key": `${subject.release ?? "plan"}/${point}/${subject.share ?? 0}/${settings.name}`,
        "x-atoms-timestamp": timestamp,
        "x-atoms-signature": `sha256=${sign(settings.secret, `${timestamp}.${body}`)}`,
      },
      body,
      timeoutMs: settings.timeout,
    },
    signal,
  );
  return factsOf(result);
}

/** Reads an answer. The address of a webhook may be a secret, so that no message of a failure is quoted. */
export function factsOf(result: HttpResult): WebhookFacts {
  if (!result.answered) return { answered: false, because: `it did not answer: ${result.why}` };
  if (result.status < 200 || result.status >= 300)
    return { answered: false, because: `it answered with status ${result.status}` };
  let value: unknown;
  try {
    value = JSON.parse(result.body);
  } catch {
    return { answered: false, because: "its answer is no JSON" };
  }
  const read = Answer.safeParse(value);
  if (!read.success)
    return {
      answered: false,
      because: 'its answer lacks "answer": "open", "hold" or "refuse"',
    };
  const because = read.data.because
    ?.replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 300);
  return { answered: true, answer: read.data.answer, because: because === "" ? undefined : because };
}
