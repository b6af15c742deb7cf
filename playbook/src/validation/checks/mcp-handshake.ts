import { greet } from "../mcp/converse.js";
import { listTools } from "../mcp/tools.js";
import type { Seen } from "../model.js";
import { type McpGeneration, mcpGenerations } from "../settings.js";
import type { Visit } from "../visit.js";
import { defineCheck } from "./check.js";
import { refusalSeen } from "./mcp-refusal.js";

export const mcpHandshake = defineCheck({
  name: "mcp-handshake",
  title: "It speaks MCP",
  why: "Clients of two protocol generations are about, and a change that suits one may lock the other out.",
  setting: "mcp",
  patience: 6,
  async run(visit, { path, generations }) {
    const tried: Tried[] = [];
    for (const generation of mcpGenerations) {
      if (generations === "any" || generations.includes(generation))
        tried.push(await attempt(visit, path, generation));
    }
    const works = tried.filter((one) => one.ok);
    const broken = tried.filter((one) => !one.ok);
    const evidence = Object.fromEntries(tried.map((one) => [`mcp_${one.generation}`, one.saw]));
    const enough = generations === "any" ? works.length > 0 : broken.length === 0;
    if (enough) {
      const rest = broken.map((one) => `; not ${one.generation}: ${one.saw}`).join("");
      return { outcome: "pass", saw: `${path}: ${works.map((one) => one.saw).join("; ")}${rest}.`, evidence };
    }
    const saw = broken.map((one) => `${one.generation}: ${one.saw}`).join("; ");
    const seen = await refusalSeen(visit, path, saw, broken[0]?.status ?? null);
    const only = broken.length < tried.length && generations !== "any";
    const fix = `If clients of ${broken.map((one) => one.generation).join(" and ")} are not meant to be served, leave it out of \`validation.smoke.mcp.generations\`.`;
    return { ...seen, ...(only ? { fix } : {}), evidence: { ...seen.evidence, ...evidence } } satisfies Seen;
  },
});

type Tried = { generation: McpGeneration; ok: boolean; saw: string; status: number | null };

/** Greets and lists: a handshake alone can succeed on a server that then refuses every request. */
async function attempt(visit: Visit, path: string, generation: McpGeneration): Promise<Tried> {
  const greeting = await greet(visit, path, generation);
  if (!greeting.open) return { generation, ok: false, saw: greeting.saw, status: greeting.status };
  const { conversation } = greeting;
  const listed = await listTools(conversation);
  await conversation.end();
  const status = listed.reply.http.answered ? listed.reply.http.status : null;
  if ("saw" in listed) return { generation, ok: false, saw: listed.saw, status };
  const who = conversation.server === undefined ? "" : `, ${conversation.server}`;
  return {
    generation,
    ok: true,
    saw: `${conversation.protocol}${who}, ${listed.tools.length} tools`,
    status,
  };
}
