import { anySignal, type Clock, type HttpRequest, type HttpResult } from "../terms/index.js";
import type { Target } from "./model.js";
import type { ValidationPorts } from "./ports.js";
import type { ValidationPlan } from "./settings.js";

/** One request of a check. */
export type Question = {
  path: string;
  method?: NonNullable<HttpRequest["method"]>;
  headers?: Record<string, string>;
  body?: string;
  /** `user` sends the token, if there is one. Default `anybody`. */
  as?: "anybody" | "user";
  /** Whether the probe header goes along. Default true. */
  probe?: boolean;
};

/** A series of requests to one target under one set of settings. */
export interface Visit {
  readonly target: Target;
  readonly settings: ValidationPlan;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  ask(question: Question): Promise<HttpResult>;
  /** The token, asked for once per visit. @throws What `bearerToken` threw, every time. */
  token(): Promise<string | undefined>;
  /** Requests left without any answer in a row, up to now. */
  unanswered(): number;
  /** The same visit under another signal. */
  under(signal: AbortSignal): Visit;
  /** The text without the token and the probe secret. */
  redact(text: string): string;
}

/** Begins a visit. */
export function visit(target: Target, settings: ValidationPlan, ports: ValidationPorts): Visit {
  const memory: { token?: Promise<string | undefined>; known: string[]; unanswered: number } = {
    known: settings.probe_header === undefined ? [] : [settings.probe_header.value],
    unanswered: 0,
  };
  const token = () => {
    memory.token ??= ports.bearerToken().then((value) => {
      if (value !== undefined && value !== "") memory.known.push(value);
      return value === "" ? undefined : value;
    });
    return memory.token;
  };
  const under = (signal: AbortSignal): Visit => ({
    target,
    settings,
    clock: ports.clock,
    signal,
    token,
    under,
    unanswered: () => memory.unanswered,
    redact: (text) => memory.known.reduce((so, secret) => so.replaceAll(secret, "[secret]"), text),
    async ask(question) {
      const bearer = question.as === "user" ? await token() : undefined;
      const probe = question.probe === false ? undefined : settings.probe_header;
      // A signal of its own: fifty requests that all listen to one draw Node's warning of a leak.
      const own = anySignal(signal);
      const result = await ports.http
        .send(
          {
            url: target.address + question.path,
            method: question.method ?? "GET",
            headers: {
              accept: "*/*",
              "user-agent": "atoms-validation",
              ...target.headers,
              ...(probe === undefined ? {} : { [probe.name]: probe.value }),
              ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
              ...question.headers,
            },
            ...(question.body === undefined ? {} : { body: question.body }),
            timeoutMs: settings.timeout,
          },
          own.signal,
        )
        .finally(own.release);
      if (result.answered) memory.unanswered = 0;
      else if (result.why !== "cancelled") memory.unanswered++;
      return result;
    },
  });
  return under(ports.signal);
}
