import type { z } from "zod";
import type { Services } from "../services.js";
import { offered } from "./server.js";

/** The body of `GET /api/mcp/tools`: the same tools and schemas as MCP's `tools/list`, without any store. */
export function catalogue(services: Services): Record<string, unknown> {
  const listed = offered(services).map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: schemaOf(tool.input),
    annotations: tool.annotations,
  }));
  return {
    success: true,
    server: { name: "atoms-mcp", version: services.version() },
    count: listed.length,
    tools: listed,
  };
}

const known = new WeakMap<z.ZodType, unknown>();

/** A schema never changes, so its JSON form is made once. */
function schemaOf(input: z.ZodType): unknown {
  const json = known.get(input) ?? input["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  known.set(input, json);
  return json;
}
