import { at, isObject, quoted } from "../answer.js";
import type { Conversation } from "./conversation.js";
import { type Reply, replyInWords } from "./reply.js";

/** A tool as listed; `problem` says what is wrong with its entry. */
export type Tool = {
  name: string;
  readOnly: boolean;
  /** Whether it can be called with no arguments. */
  needsNothing: boolean;
  problem?: string;
};

/** Pages that are read at most; a server that goes on giving cursors is broken. */
const mostPages = 20;

/** Reads the whole catalogue, page by page. @returns The tools, and `entries` as they were listed. */
export async function listTools(
  conversation: Conversation,
): Promise<{ tools: Tool[]; entries: unknown[]; reply: Reply } | { saw: string; reply: Reply }> {
  const tools: Tool[] = [];
  const entries: unknown[] = [];
  let cursor: string | undefined;
  for (let page = 1; ; page++) {
    const reply = await conversation.request("tools/list", cursor === undefined ? undefined : { cursor });
    if (reply.kind !== "result") return { saw: `tools/list ${replyInWords(reply)}`, reply };
    const listed = reply.result["tools"];
    if (!Array.isArray(listed)) return { saw: "tools/list was answered without a list of tools", reply };
    tools.push(...listed.map(readTool));
    entries.push(...listed);
    const next = reply.result["nextCursor"];
    if (typeof next !== "string") return { tools, entries, reply };
    if (page === mostPages || next === cursor)
      return { saw: `tools/list does not end after ${page} pages`, reply };
    cursor = next;
  }
}

function readTool(entry: unknown): Tool {
  const name = at(entry, "name");
  const schema = at(entry, "inputSchema");
  const required = at(schema, "required");
  const problem =
    typeof name !== "string" || name === ""
      ? "has no name"
      : !isObject(schema)
        ? "has no input schema"
        : schema["type"] !== "object"
          ? 'has an input schema that is not of type "object"'
          : undefined;
  return {
    name: typeof name === "string" && name !== "" ? quoted(name, 80) : "(unnamed)",
    readOnly: at(entry, "annotations.readOnlyHint") === true,
    needsNothing: isObject(schema) && !(Array.isArray(required) && required.length > 0),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** What came of one tool call. A tool fails inside an HTTP 200, so the status says nothing. */
export type Call =
  | { ok: true; ms: number; reply: Reply }
  /** `limited`: refused for being called too often, which says nothing about its health. */
  | { ok: false; ms: number; saw: string; limited: boolean; reply: Reply };

/** Calls a tool once. */
export async function callTool(
  conversation: Conversation,
  name: string,
  args: Record<string, unknown>,
): Promise<Call> {
  const reply = await conversation.request("tools/call", { name, arguments: args });
  const { ms } = reply.http;
  if (reply.kind !== "result") {
    const limited = reply.http.answered && reply.http.status === 429;
    return { ok: false, ms, saw: replyInWords(reply), limited, reply };
  }
  const { result } = reply;
  const error = at(result, "structuredContent.error_type");
  if (result["isError"] === true) {
    return { ok: false, ms, saw: `failed: ${errorText(result)}`, limited: error === "rate_limited", reply };
  }
  const type = result["resultType"];
  if (type !== undefined && type !== "complete") {
    return { ok: false, ms, saw: `was not completed (${quoted(String(type), 40)})`, limited: false, reply };
  }
  if (!Array.isArray(result["content"]))
    return { ok: false, ms, saw: "was answered without content", limited: false, reply };
  return { ok: true, ms, reply };
}

function errorText(result: Record<string, unknown>): string {
  const error = at(result, "structuredContent.error");
  if (typeof error === "string") {
    const type = at(result, "structuredContent.error_type");
    return quoted(typeof type === "string" ? `${type}: ${error}` : error);
  }
  const content = result["content"];
  const text = Array.isArray(content) ? at(content[0], "text") : undefined;
  return typeof text === "string" ? quoted(text) : "it says not why";
}
