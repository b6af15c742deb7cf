import { createMcpHandler, type McpHttpHandler, McpServer } from "@modelcontextprotocol/server";
import type { Exchange } from "../http/exchange.js";
import { errorFields } from "../observe/log.js";
import type { Services } from "../services.js";
import { callTool } from "../tools/dispatch.js";
import { Envelope } from "../tools/envelope.js";
import { tools } from "../tools/index.js";
import { prepare } from "./json-schema.js";
import { registerReferences } from "./references.js";

export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const INSTRUCTIONS =
  "Atoms is a requirements-management workspace: use workspace_tool to see and set what you are working on, entity_tool for records and relationship_tool for the links between them. " +
  "workflow_tool does several steps at once, and query_tool searches and sums up without changing anything.";

/** The tools this server offers now. */
export function offered(services: Services) {
  const missing = services.faults.find("tools")?.missing;
  return tools.filter((tool) => tool.name !== missing);
}

/**
 * The MCP endpoint: a fresh server per request, for both generations of the protocol. The caller has authenticated the
 * request and hands the exchange over in `authInfo.extra.exchange`.
 */
export function createMcpEndpoint(services: Services): McpHttpHandler {
  return createMcpHandler(
    (context) => {
      const exchange = context.authInfo?.extra?.["exchange"] as Exchange | undefined;
      if (!exchange) throw new Error("an MCP request without its exchange");
      return buildServer(services, exchange);
    },
    {
      maxRequestBodySize: MAX_BODY_BYTES,
      onerror: (error) => services.log("debug", "mcp_request_rejected", errorFields(error)),
    },
  );
}

function buildServer(services: Services, exchange: Exchange): McpServer {
  const server = new McpServer(
    { name: "atoms-mcp", version: services.version() },
    { instructions: INSTRUCTIONS, capabilities: { tools: {} } },
  );
  if (services.faults.find("tools")) services.faults.fire("tools");
  for (const tool of offered(services)) {
    server.registerTool(
      tool.name,
      {
        title: tool.title,
        description: tool.description,
        inputSchema: prepare(tool.input),
        outputSchema: prepare(Envelope),
        annotations: tool.annotations,
      },
      async (input) => callTool(tool, input, exchange, services),
    );
  }
  registerReferences(server);
  return server;
}
