import type { Http, HttpRequest, HttpResult } from "@atoms/playbook";

/** What a faked address answers: a status and body, or why it does not answer. */
export type FakeAnswer =
  | {
      status: number;
      headers?: Record<string, string>;
      /** Text as it is; anything else is sent as JSON with the matching content type. */
      body?: unknown;
      /** How long the exchange seems to take, in milliseconds. Default 1. */
      ms?: number;
    }
  | Extract<HttpResult, { answered: false }>["why"];

/** One answer for always; several, given one after the other, the last one for ever; or a function of the request. */
export type FakeAnswers =
  | FakeAnswer
  | readonly FakeAnswer[]
  | ((request: HttpRequest, count: number) => FakeAnswer | Promise<FakeAnswer>);

/** An `Http` that answers from a table and remembers what it was asked. */
export interface FakeHttp extends Http {
  /** Every request, in order. */
  readonly requests: readonly HttpRequest[];
  /** Sets or replaces one row of the table. */
  answer(where: string, answers: FakeAnswers): void;
}

/**
 * Makes an `Http` for tests.
 * @param table "METHOD url" or only "url" (any method) to its answers; `*` in the url stands for anything. The last row that fits wins.
 * @throws Error in `send`, when no row fits: a test must say what it expects.
 */
export function fakeHttp(table: Record<string, FakeAnswers> = {}): FakeHttp {
  const rows = Object.entries(table).map(([where, answers]) => ({ fits: matcher(where), answers, count: 0 }));
  const requests: HttpRequest[] = [];
  return {
    requests,
    answer(where, answers) {
      rows.push({ fits: matcher(where), answers, count: 0 });
    },
    async send(request, signal) {
      requests.push(structuredClone(request));
      if (signal?.aborted) return unanswered("cancelled");
      const row = rows.findLast((one) => one.fits(request));
      if (row === undefined)
        throw new Error(`fakeHttp has no answer for ${request.method ?? "GET"} ${request.url}`);
      const count = row.count++;
      return result(await pick(row.answers, request, count), request);
    },
  };
}

function matcher(where: string): (request: HttpRequest) => boolean {
  const [first = "", second] = where.split(" ", 2);
  const method = second === undefined ? undefined : first;
  const url = second ?? first;
  const pattern = new RegExp(`^${url.split("*").map(literally).join(".*")}$`);
  return (request) =>
    (method === undefined || method === (request.method ?? "GET")) && pattern.test(request.url);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function pick(answers: FakeAnswers, request: HttpRequest, count: number): FakeAnswer | Promise<FakeAnswer> {
  if (typeof answers === "function") return answers(request, count);
  if (!isList(answers)) return answers;
  const answer = answers[Math.min(count, answers.length - 1)];
  if (answer === undefined) throw new Error(`fakeHttp has an empty list of answers for ${request.url}`);
  return answer;
}

function isList(answers: FakeAnswer | readonly FakeAnswer[]): answers is readonly FakeAnswer[] {
  return Array.isArray(answers);
}

function result(answer: FakeAnswer, request: HttpRequest): HttpResult {
  if (typeof answer === "string") return unanswered(answer, answer === "time-out" ? request.timeoutMs : 1);
  const text = typeof answer.body === "string";
  const ms = answer.ms ?? 1;
  if (ms > request.timeoutMs) return unanswered("time-out", request.timeoutMs);
  return {
    answered: true,
    status: answer.status,
    headers: {
      ...(text || answer.body === undefined ? {} : { "content-type": "application/json" }),
      ...answer.headers,
    },
    body: text ? (answer.body as string) : answer.body === undefined ? "" : JSON.stringify(answer.body),
    ms,
    firstByteMs: ms,
  };
}

function unanswered(why: Extract<HttpResult, { answered: false }>["why"], ms = 1): HttpResult {
  return { answered: false, why, message: `The request failed: ${why}.`, ms };
}
