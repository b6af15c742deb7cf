import { json, mcpResult, page, tools } from "../twins.contract.js";
import { at, type BadTwin, rpc, smoke } from "./bad-twin.contract.js";

export const badMcpTwins: BadTwin[] = [
  {
    check: "mcp-handshake",
    twin: "500",
    differs: at("/api/mcp", json(500, { error: "internal_error" })),
    saw: /500/,
  },
  {
    check: "mcp-handshake",
    twin: "a page",
    differs: at("/api/mcp", page(200, "<html>")),
    saw: /no JSON-RPC/,
  },
  {
    check: "mcp-handshake",
    twin: "answers to another id",
    differs: rpc("initialize", (asked) =>
      mcpResult({ ...asked, rpc: { id: 99 } }, { protocolVersion: "2025-06-18", capabilities: {} }),
    ),
    saw: /no JSON-RPC answer to the request/,
  },
  {
    check: "mcp-handshake",
    twin: "a stream that breaks off",
    differs: rpc("initialize", () => ({
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: 'data: {"jsonrpc":',
    })),
    saw: /no JSON-RPC message/,
  },
  {
    check: "mcp-handshake",
    twin: "a revision that is none",
    differs: rpc("initialize", (asked) => mcpResult(asked, { protocolVersion: "latest", capabilities: {} })),
    saw: /agreed to "latest"/,
  },
  {
    check: "mcp-handshake",
    twin: "no ears for our being ready",
    differs: rpc("notifications/initialized", () => json(400, {})),
    saw: /notifications\/initialized answered 400/,
  },
  {
    check: "mcp-handshake",
    twin: "only the older generation",
    differs: (asked) =>
      asked.headers["mcp-method"] === undefined
        ? undefined
        : json(400, {
            jsonrpc: "2.0",
            id: asked.rpc["id"],
            error: { code: -32601, message: "Method not found" },
          }),
    saw: /2026: server\/discover answered with error -32601/,
  },
  {
    check: "mcp-handshake",
    twin: "a discovery of other revisions",
    differs: rpc("server/discover", (asked) =>
      mcpResult(asked, { supportedVersions: ["2027-01-01"], capabilities: {} }),
    ),
    saw: /does not list 2026-07-28/,
  },
  {
    check: "mcp-handshake",
    twin: "a handshake, then nothing",
    differs: rpc("tools/list", () => json(500, {})),
    saw: /tools\/list answered 500/,
  },
  {
    check: "mcp-handshake",
    twin: "good tokens refused",
    differs: at("/api/mcp", json(401, {})),
    saw: /although a token was sent/,
  },
  {
    check: "mcp-handshake",
    twin: "no token to send",
    differs: () => undefined,
    token: undefined,
    outcome: "error",
    saw: /no token to send/,
  },
  {
    check: "mcp-handshake",
    twin: "neither generation, any would do",
    differs: at("/api/mcp", json(400, {})),
    saw: /2025: initialize answered 400.*2026: server\/discover answered 400/,
    plan: smoke("mcp", {}),
  },

  {
    check: "mcp-catalogue",
    twin: "no tools",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: [] })),
    saw: /no tool is listed/,
  },
  {
    check: "mcp-catalogue",
    twin: "a tool gone",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: tools.slice(0, 1) })),
    saw: /write_down is missing/,
  },
  {
    check: "mcp-catalogue",
    twin: "a tool without a schema",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: [...tools, { name: "bare" }] })),
    saw: /bare has no input schema/,
  },
  {
    check: "mcp-catalogue",
    twin: "a tool twice",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: [...tools, ...tools] })),
    saw: /listed twice/,
  },
  {
    check: "mcp-catalogue",
    twin: "no list at all",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: {} })),
    saw: /without a list/,
  },
  {
    check: "mcp-catalogue",
    twin: "pages without end",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: tools, nextCursor: `c${asked.number}` })),
    saw: /does not end after 20 pages/,
  },

  {
    check: "mcp-call",
    twin: "a failure inside a 200",
    differs: rpc("tools/call", (asked) =>
      mcpResult(asked, { isError: true, content: [{ type: "text", text: "it is broken" }] }),
    ),
    saw: /3 of 3 calls were no good; one failed: it is broken/,
  },
  {
    check: "mcp-call",
    twin: "one failure in twenty",
    differs: rpc("tools/call", (asked) =>
      mcpResult(asked, {
        content: [],
        ...(asked.rpc["id"] === 21
          ? { isError: true, structuredContent: { error_type: "server_error", error: "oops" } }
          : {}),
      }),
    ),
    saw: /1 of 20 calls was no good; one failed: server_error: oops/,
  },
  {
    check: "mcp-call",
    twin: "questions instead of answers",
    differs: rpc("tools/call", (asked) => mcpResult(asked, { resultType: "input_required", content: [] })),
    saw: /not completed \(input_required\)/,
  },
  {
    check: "mcp-call",
    twin: "an empty result",
    differs: rpc("tools/call", (asked) => mcpResult(asked, {})),
    saw: /without content/,
  },
  {
    check: "mcp-call",
    twin: "a protocol error",
    differs: rpc("tools/call", (asked) =>
      json(200, { jsonrpc: "2.0", id: asked.rpc["id"], error: { code: -32602, message: "Unknown tool" } }),
    ),
    saw: /-32602: Unknown tool/,
  },
  {
    check: "mcp-call",
    twin: "too many calls",
    differs: rpc("tools/call", (asked) =>
      mcpResult(asked, {
        isError: true,
        structuredContent: { error_type: "rate_limited", error: "slow down" },
      }),
    ),
    outcome: "error",
    saw: /refused for their rate/,
  },
  {
    check: "mcp-call",
    twin: "nothing that only reads",
    differs: rpc("tools/list", (asked) => mcpResult(asked, { tools: tools.slice(1) })),
    outcome: "warn",
    saw: /No tool was called/,
  },

  {
    check: "database",
    twin: "a database that is down",
    differs: at("/health", json(503, { status: "unhealthy", checks: { database: { status: "unhealthy" } } })),
    saw: /"unhealthy" at checks.database.status/,
  },
  {
    check: "database",
    twin: "not a word of it",
    differs: at("/health", json(200, { status: "healthy" })),
    saw: /says nothing at checks/,
  },
  {
    check: "database",
    twin: "fair words, no work",
    differs: rpc("tools/call", (asked) =>
      mcpResult(asked, {
        isError: true,
        structuredContent: { error_type: "unavailable", error: "no database" },
      }),
    ),
    saw: /says "healthy", but look_up failed: unavailable/,
  },
  {
    check: "database",
    twin: "a 401, which proves nothing",
    differs: () => undefined,
    token: undefined,
    outcome: "error",
    saw: /no token/,
  },
];
