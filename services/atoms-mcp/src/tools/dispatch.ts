import type { z } from "zod";
import { refusalFrom } from "../domain/from-postgres.js";
import { Refusal } from "../domain/refusal.js";
import { ensureUser, type User } from "../domain/users.js";
import type { Exchange } from "../http/exchange.js";
import { errorFields } from "../observe/log.js";
import type { Services } from "../services.js";
import { type FormatType, formatted, type Outcome, plain } from "./envelope.js";
import type { Tool, ToolContext } from "./tool.js";

/** A finished tool call in MCP's shape: the envelope, and the same JSON as one text item. */
export interface ToolResult {
  [key: string]: unknown;
  structuredContent: Record<string, unknown>;
  content: { type: "text"; text: string }[];
  isError?: boolean;
}

/**
 * Runs one tool call: first sight of the user, work, envelope, measurement. Never throws.
 * @param input arguments that already passed the tool's schema
 */
export async function callTool(
  tool: Tool,
  input: z.output<Tool["input"]>,
  exchange: Exchange,
  services: Services,
): Promise<ToolResult> {
  const { runtime, metrics } = services;
  const started = runtime.elapsed();
  const operation = tool.operation(input);
  const format = (input as { format_type?: FormatType }).format_type ?? "detailed";
  exchange.tool = tool.name;
  exchange.operation = operation;
  exchange.toolCalls += 1;

  let outcome: Outcome;
  try {
    if (services.faults.failsToolCall()) throw new Refusal("INTERNAL_SERVER_ERROR", GENERIC);
    outcome = await withDeadline(services, (signal) => work(tool, input, exchange, services, signal));
  } catch (error) {
    const refusal = refusalFrom(error);
    if (!refusal)
      services.log("error", "tool_failed", {
        request_id: exchange.requestId,
        tool: tool.name,
        ...errorFields(error),
      });
    outcome = failed(refusal ?? new Refusal("INTERNAL_SERVER_ERROR", GENERIC));
  }

  const ms = runtime.elapsed() - started;
  const kind = outcomeKind(outcome);
  if (kind === "server_error") exchange.toolErrors += 1;
  if (outcome.failure) exchange.errorType = outcome.failure.type;
  metrics.tools.add({ tool: tool.name, operation, outcome: kind });
  metrics.toolSeconds.observe({ tool: tool.name }, ms / 1000);
  return envelope(outcome, operation, format, {
    request_id: exchange.requestId,
    ...(exchange.userId === undefined ? {} : { user_id: exchange.userId }),
    timestamp: new Date(runtime.now()).toISOString(),
    duration_ms: Math.round(ms * 10) / 10,
  });
}

const GENERIC = "Something went wrong on our side; the request id says where to look";

async function work(
  tool: Tool,
  input: z.output<Tool["input"]>,
  exchange: Exchange,
  services: Services,
  signal: AbortSignal,
): Promise<Outcome> {
  if (!exchange.identity) throw new Error("a tool call without an identity");
  const user = await ensureUser(services.database, exchange.identity, () => services.runtime.uuid());
  exchange.userId = user.id;
  return tool.run(input, contextOf(user, services, tool.name, signal));
}

function contextOf(user: User, services: Services, toolName: string, signal: AbortSignal): ToolContext {
  return {
    user,
    uuid: () => services.runtime.uuid(),
    now: () => services.runtime.now(),
    transaction: (work) =>
      services.database.asUser(user.sub, toolName, (sql) =>
        work({
          query: async (text, values) => {
            // After the deadline the caller has been told that nothing was changed: make it true.
            if (signal.aborted) throw new Refusal("TIMEOUT", TIMED_OUT);
            if (values && !values.every(storable)) throw new Refusal("VALIDATION_ERROR", UNSTORABLE);
            return sql.query(text, values);
          },
        }),
      ),
    async spend(operation, count = 1) {
      const taken = await services.limiter.take(operation, user.id, count);
      if (!taken || taken.allowed) return;
      throw new Refusal(
        "RATE_LIMITED",
        `Too many ${operation} operations; try again in ${taken.retryAfter} s`,
        {
          retry_after: taken.retryAfter,
        },
      );
    },
  };
}

const UNSTORABLE =
  "A text holds a NUL character or half of a surrogate pair, which cannot be stored; nothing was changed";

/** Whether a bound value arrives as it was given: a lone half of a pair would silently become another character. */
function storable(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(storable);
  return typeof value !== "string" || !(value.includes("\0") || /\p{Surrogate}/u.test(value));
}

const TIMED_OUT = "The work took too long and was given up";

async function withDeadline(
  services: Services,
  run: (signal: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const late = new AbortController();
  const done = new AbortController();
  const timer = services.runtime.sleep(services.config.requestTimeoutMs, done.signal).then(() => {
    late.abort();
    return failed(new Refusal("TIMEOUT", TIMED_OUT));
  });
  try {
    const running = run(late.signal);
    running.catch(() => undefined);
    return await Promise.race([running, timer]);
  } finally {
    // With a reason of its own: without one an exception with a stack is made per call.
    done.abort("done");
  }
}

function failed(failure: Refusal): Outcome {
  return { success: false, data: undefined, failure };
}

/** How monitors count the call. Validation, permission and rate limits are the caller's affair. */
function outcomeKind(outcome: Outcome): "ok" | "client_error" | "server_error" {
  if (outcome.success !== false) return "ok";
  const type = outcome.failure?.type;
  return type === "server_error" || type === "unavailable" ? "server_error" : "client_error";
}

function envelope(
  outcome: Outcome,
  operation: string,
  format: FormatType,
  meta: Record<string, unknown>,
): ToolResult {
  const success = outcome.success !== false;
  const data = formatted(plain(outcome.data), format);
  const failure = outcome.failure && {
    error: outcome.failure.message,
    error_type: outcome.failure.type,
    code: outcome.failure.code,
    ...outcome.failure.more,
  };
  const whole =
    format === "raw" && success
      ? { success, data }
      : {
          success,
          operation,
          ...(data === undefined ? {} : { data }),
          ...(plain(outcome.extra ?? {}) as Record<string, unknown>),
          ...failure,
          meta,
        };
  return {
    structuredContent: whole,
    content: [{ type: "text", text: JSON.stringify(whole) }],
    ...(success ? {} : { isError: true }),
  };
}
