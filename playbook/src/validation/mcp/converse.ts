import type { McpGeneration } from "../settings.js";
import type { Visit } from "../visit.js";
import type { Greeting } from "./conversation.js";
import { greet2025 } from "./generation-2025.js";
import { greet2026 } from "./generation-2026.js";

// A small MCP client over the Http port. The official SDK would do, but it brings its own fetch and its own timers:
// the book does no I/O, every request here is one `Visit.ask` with its deadline, its probe header and its evidence.
// And a probe must see what a client forgives.

/** Makes the handshake of one generation. */
export function greet(visit: Visit, path: string, generation: McpGeneration): Promise<Greeting> {
  return generation === "2025" ? greet2025(visit, path) : greet2026(visit, path);
}

/**
 * Opens a conversation in the newest generation that is meant to work. With "any", the older one is tried when the
 * newer fails.
 */
export async function converse(
  visit: Visit,
  mcp: { path: string; generations: "any" | readonly McpGeneration[] },
): Promise<Greeting> {
  if (mcp.generations !== "any") return greet(visit, mcp.path, newest(mcp.generations));
  const modern = await greet(visit, mcp.path, "2026");
  if (modern.open || modern.status === null || modern.status === 401) return modern;
  const older = await greet(visit, mcp.path, "2025");
  return older.open ? older : { ...older, saw: `2026: ${modern.saw}; 2025: ${older.saw}` };
}

function newest(generations: readonly McpGeneration[]): McpGeneration {
  return generations.includes("2026") ? "2026" : "2025";
}
