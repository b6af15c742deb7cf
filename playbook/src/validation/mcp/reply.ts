import type { HttpResult } from "../../terms/index.js";
import { inWords, isObject, quoted } from "../answer.js";
import { readEvents } from "./sse.js";

/** What came of one MCP request. Only `result` is a good answer. */
export type Reply =
  | { kind: "result"; result: Record<string, unknown>; http: HttpResult }
  /** A JSON-RPC error. */
  | { kind: "error"; code: number; message: string; http: HttpResult }
  /** An answer that carries no JSON-RPC answer to the request, or none at all. */
  | { kind: "other"; saw: string; http: HttpResult };

/**
 * Finds the answer to request `id` in what came back: one JSON body, or an event stream in which notifications may
 * come before it. Servers choose freely between the two.
 */
export function replyTo(id: string | number, http: HttpResult): Reply {
  if (!http.answered) return { kind: "other", saw: inWords(http), http };
  const streamed = (http.headers["content-type"] ?? "").toLowerCase().startsWith("text/event-stream");
  const texts = streamed
    ? readEvents(http.body)
        .filter((event) => event.type === "message")
        .map((event) => event.data)
    : [http.body];
  const messages = texts.map(parse).filter(isObject);
  const answer = messages.find((message) => message["id"] === id && answers(message));
  // An error that came before the request could be read carries no id.
  const refusal = messages.find((message) => (message["id"] ?? null) === null && isObject(message["error"]));
  const found = answer ?? refusal;
  if (found === undefined) {
    const why = messages.length > 0 ? "JSON, but no JSON-RPC answer to the request" : "no JSON-RPC message";
    return { kind: "other", saw: http.status === 200 ? `${inWords(http)} with ${why}` : inWords(http), http };
  }
  const error = found["error"];
  if (isObject(error)) {
    const code = typeof error["code"] === "number" ? error["code"] : 0;
    const message = typeof error["message"] === "string" ? error["message"] : "no message";
    return { kind: "error", code, message: quoted(message), http };
  }
  // A server may not put a result under a refusal's status.
  if (http.status !== 200) return { kind: "other", saw: `answered ${http.status} with a result`, http };
  return { kind: "result", result: found["result"] as Record<string, unknown>, http };
}

function answers(message: Record<string, unknown>): boolean {
  return message["jsonrpc"] === "2.0" && (isObject(message["result"]) || isObject(message["error"]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A reply in a few words. */
export function replyInWords(reply: Reply): string {
  if (reply.kind === "result") return "answered";
  if (reply.kind === "other") return reply.saw;
  return `answered with error ${reply.code}: ${reply.message}`;
}
