import type { McpHttpHandler } from "@modelcontextprotocol/server";
import { Hono } from "hono";
import type { Known } from "../api/known.js";
import { problemAnswer } from "../api/respond.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { tokenRefused } from "../problems.js";

/**
 * `/mcp`: the control plane as an MCP server, for programs with a bearer token. The session of a browser is not enough: what
 * a page could send in its name must not act here.
 * @param mostBytes The most that a request may have.
 */
export function agentRoutes(plane: ControlPlane, own: PlaybookRef, mostBytes: number): Hono<Known> {
  let endpoint: Promise<McpHttpHandler> | undefined;
  return new Hono<Known>().all("/mcp", async (c) => {
    const caller = c.get("caller");
    if (caller.kind === "session") {
      c.header("www-authenticate", "Bearer");
      return problemAnswer(c, tokenRefused(), 401);
    }
    // Loaded when the first agent comes: most control planes never meet one.
    endpoint ??= import("./mcp.js").then(({ mcpEndpoint }) => mcpEndpoint(plane, own, mostBytes));
    const actor = { ...caller.actor, via: "mcp" as const };
    return (await endpoint).fetch(c.req.raw, {
      authInfo: {
        token: "",
        clientId: caller.id ?? "owner",
        scopes: [caller.role],
        // Each request is let in anew, so that nothing is left to expire.
        expiresAt: Math.ceil(plane.clock.now() / 1_000) + 60,
        extra: { caller: { ...caller, actor } },
      },
    });
  });
}
