import { at, isObject, quoted } from "../answer.js";
import { greet } from "../mcp/converse.js";
import { listTools } from "../mcp/tools.js";
import type { McpGeneration } from "../settings.js";
import { mcpGenerations } from "../settings.js";
import type { Visit } from "../visit.js";
import type { Contract, Listing, ToolContract } from "./model.js";

/** What reading a contract gave. */
export type ContractRead =
  | { contract: Contract }
  /** The service answers, and speaks no MCP there. */
  | { none: string }
  /** It could not be found out. */
  | { unread: string };

/** Statuses by which a service says that it has no such endpoint, or none for this protocol. */
const noEndpoint = [404, 405, 410, 501];

/** Reads the tools and schemas of a service in every protocol generation it speaks. Only asks. */
export async function readContract(visit: Visit, path: string): Promise<ContractRead> {
  const contract: Contract = { listings: [], refused: [] };
  const statuses: (number | null)[] = [];
  for (const generation of mcpGenerations) {
    const read = await readListing(visit, path, generation);
    if ("listing" in read) contract.listings.push({ generation, listing: read.listing });
    else {
      contract.refused.push({ generation, saw: read.saw });
      statuses.push(read.status);
    }
  }
  if (contract.listings.length > 0) {
    // A generation that broke off is not one that is not spoken: the comparison would call it given up.
    const broken = statuses.findIndex((status) => status === null || status >= 500 || status === 429);
    if (broken === -1) return { contract };
    const { generation, saw } = contract.refused[broken] ?? { generation: "", saw: "" };
    return { unread: `${path}, generation ${generation}: ${saw}` };
  }
  const saw = contract.refused.map((one) => `${one.generation}: ${one.saw}`).join("; ");
  return statuses.every((status) => status !== null && noEndpoint.includes(status))
    ? { none: `${path}: ${saw}` }
    : { unread: `${path}: ${saw}` };
}

async function readListing(
  visit: Visit,
  path: string,
  generation: McpGeneration,
): Promise<{ listing: Listing } | { saw: string; status: number | null }> {
  const greeting = await greet(visit, path, generation);
  if (!greeting.open) return { saw: greeting.saw, status: greeting.status };
  const { conversation } = greeting;
  const listed = await listTools(conversation);
  await conversation.end();
  if ("saw" in listed) {
    const { http } = listed.reply;
    return { saw: listed.saw, status: http.answered ? http.status : null };
  }
  const ttl = listed.reply.kind === "result" ? listed.reply.result["ttlMs"] : undefined;
  return {
    listing: {
      protocol: conversation.protocol,
      tools: listed.entries.map(toolContract),
      ttlMs: typeof ttl === "number" && ttl >= 0 ? ttl : null,
    },
  };
}

function toolContract(entry: unknown): ToolContract {
  const text = (path: string) => {
    const value = at(entry, path);
    return typeof value === "string" ? value : "";
  };
  const hints = at(entry, "annotations");
  return {
    name: quoted(text("name"), 80),
    title: text("title"),
    description: text("description"),
    input: at(entry, "inputSchema"),
    output: at(entry, "outputSchema"),
    hints: Object.fromEntries(
      Object.entries(isObject(hints) ? hints : {}).filter(
        (pair): pair is [string, boolean] => typeof pair[1] === "boolean",
      ),
    ),
  };
}
