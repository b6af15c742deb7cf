import { inWords, isObject } from "../answer.js";
import type { Visit } from "../visit.js";
import { type Greeting, notOpen } from "./conversation.js";
import { introduction, ourselves } from "./introduction.js";
import { replyTo } from "./reply.js";

/** The revision that is offered; the server may answer with an older one. */
const offered = "2025-11-25";

/**
 * The handshake of the revisions up to 2025-11-25: `initialize`, then the notification that we are ready. A session id,
 * if the server gives one, goes along from then on.
 */
export async function greet2025(visit: Visit, path: string): Promise<Greeting> {
  let id = 0;
  const headers: Record<string, string> = {
    "content-type": "application/json",
    // Both are required of clients (Streamable HTTP); a server may refuse with 406 otherwise.
    accept: "application/json, text/event-stream",
  };
  const post = (message: Record<string, unknown>) =>
    visit.ask({
      path,
      method: "POST",
      headers,
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
      as: "user",
    });
  const request = async (method: string, params?: Record<string, unknown>) => {
    const own = ++id;
    return replyTo(own, await post({ id: own, method, ...(params === undefined ? {} : { params }) }));
  };

  const hello = await request("initialize", {
    protocolVersion: offered,
    capabilities: {},
    clientInfo: ourselves,
  });
  if (hello.kind !== "result") return notOpen("initialize", hello);
  const protocol = hello.result["protocolVersion"];
  if (typeof protocol !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(protocol) || protocol > offered) {
    const saw = `initialize agreed to ${JSON.stringify(protocol) ?? "no revision"}, ${offered} was offered`;
    return { open: false, saw, status: 200 };
  }
  if (!isObject(hello.result["capabilities"])) {
    return { open: false, saw: "initialize was answered without capabilities", status: 200 };
  }
  headers["mcp-protocol-version"] = protocol;
  const session = hello.http.answered ? hello.http.headers["mcp-session-id"] : undefined;
  if (session !== undefined) headers["mcp-session-id"] = session;

  const ready = await post({ method: "notifications/initialized" });
  if (!ready.answered || ready.status < 200 || ready.status > 299) {
    const status = ready.answered ? ready.status : null;
    return { open: false, saw: `notifications/initialized ${inWords(ready)}`, status };
  }
  return {
    open: true,
    conversation: {
      generation: "2025",
      protocol,
      server: introduction(hello.result["serverInfo"]),
      request,
      async end() {
        // Refusing is allowed (405) and harms nobody: a session that is not let go of ends by itself.
        if (session !== undefined) await visit.ask({ path, method: "DELETE", headers, as: "user" });
      },
    },
  };
}
