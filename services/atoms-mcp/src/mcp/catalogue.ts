import type { Services } from "../services.js";
import { jsonSchemaOf } from "./json-schema.js";
import { offered } from "./server.js";

/** The body of `GET /api/mcp/tools`: the same tools and schemas as MCP's `tools/list`, without any store. */
export function catalogue(services: Services): Record<string, unknown> {
  const listed = offered(services).map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchemaOf(tool.input),
    annotations: tool.annotations,
  }));
  return {
    success: true,
    server: { name: "atoms-mcp", version: services.version() },
    count: listed.length,
    tools: listed,
  };
}
