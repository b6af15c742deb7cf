import { isObject } from "../answer.js";
import type { Visit } from "../visit.js";
import { type Greeting, notOpen } from "./conversation.js";
import { introduction, ourselves } from "./introduction.js";
import { replyTo } from "./reply.js";

const revision = "2026-07-28";
// Reserved names of the per-request envelope, as the official SDK 2.4 sends them.
const meta = {
  "io.modelcontextprotocol/protocolVersion": revision,
  "io.modelcontextprotocol/clientInfo": ourselves,
  "io.modelcontextprotocol/clientCapabilities": {},
};
const serverInfo = "io.modelcontextprotocol/serverInfo";

/** Which parameter the `Mcp-Name` header repeats. */
const named: Record<string, string> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
};

/**
 * The stateless generation: there is no handshake, each request says everything in `_meta` and in its headers. To greet
 * is to ask `server/discover`, which every such server must answer.
 */
export async function greet2026(visit: Visit, path: string): Promise<Greeting> {
  let id = 0;
  const request = async (method: string, params: Record<string, unknown> = {}) => {
    const own = ++id;
    const name = params[named[method] ?? ""];
    const http = await visit.ask({
      path,
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": revision,
        "mcp-method": method,
        ...(typeof name === "string" ? { "mcp-name": headerValue(name) } : {}),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: own, method, params: { ...params, _meta: meta } }),
      as: "user",
    });
    return replyTo(own, http);
  };

  const found = await request("server/discover");
  if (found.kind !== "result") return notOpen("server/discover", found);
  const versions = found.result["supportedVersions"];
  if (!Array.isArray(versions) || !versions.includes(revision)) {
    return { open: false, saw: `server/discover does not list ${revision}`, status: 200 };
  }
  if (!isObject(found.result["capabilities"])) {
    return { open: false, saw: "server/discover was answered without capabilities", status: 200 };
  }
  const about = found.result["_meta"];
  return {
    open: true,
    conversation: {
      generation: "2026",
      protocol: revision,
      server: introduction(isObject(about) ? about[serverInfo] : undefined),
      request,
      end: async () => undefined,
    },
  };
}

/** A value as a header may carry it: plain ASCII as it is, anything else wrapped as `=?base64?…?=`. */
export function headerValue(value: string): string {
  if (/^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value) && !/^=\?base64\?.*\?=$/.test(value))
    return value;
  const bytes = new TextEncoder().encode(value);
  return `=?base64?${btoa(String.fromCharCode(...bytes))}?=`;
}
