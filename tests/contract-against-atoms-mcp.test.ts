import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@atoms/engine";
import {
  ContractSettings,
  compareTargets,
  judgeContract,
  ValidationSettings,
  validationPlan,
} from "@atoms/playbook";
import { undiciHttp } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AtomsService, atomsService } from "./atoms-service.js";

// The promise: a version of the real Atoms MCP Server that breaks its clients' contract is named for it, whatever
// generation of the protocol they speak. The twins are the built service with its own catalogue changed on the way out.

let service: AtomsService;
const http = undiciHttp({ clock: systemClock });
const plan = validationPlan(ValidationSettings.parse({ probe_header: { value: "probe-of-this-test" } }), {
  kind: "mcp",
  health: "/health",
});

beforeAll(async () => {
  service = await atomsService("probe-of-this-test");
}, 60_000);
afterAll(async () => {
  await http.close();
  await service?.end();
});

type Tool = {
  name: string;
  description: string;
  inputSchema: {
    properties: Record<string, Record<string, unknown>>;
    required?: string[];
    additionalProperties?: unknown;
  };
  outputSchema: { properties: Record<string, unknown>; required?: string[] };
  annotations: Record<string, boolean>;
};
type Change = (tools: Tool[]) => Tool[];
const change =
  (name: string, by: (tool: Tool) => void): Change =>
  (tools) => {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`the service lists no ${name}`);
    by(tool);
    return tools;
  };

/** Passes everything on to the service, but for the list of tools. */
async function twin(
  by: Change,
  refuse?: (headers: Record<string, unknown>) => boolean,
): Promise<{ address: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (refuse?.(request.headers) === true) {
        response.writeHead(404).end();
        return;
      }
      const { host: _, connection: __, "content-length": ___, ...headers } = request.headers;
      const body = Buffer.concat(chunks);
      const answer = await fetch(`${service.address}${request.url}`, {
        method: request.method ?? "GET",
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body } : {}),
      });
      const text = (await answer.text()).replace(
        /^(data: )?(\{.*"tools":\[.*\})$/m,
        (_all, data = "", json: string) => {
          const message = JSON.parse(json) as { result: { tools: Tool[] } };
          message.result.tools = by(message.result.tools);
          return data + JSON.stringify(message);
        },
      );
      const type = answer.headers.get("content-type");
      response.writeHead(answer.status, type === null ? {} : { "content-type": type });
      response.end(text);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function compareWith(by: Change, refuse?: Parameters<typeof twin>[1]) {
  const other = await twin(by, refuse);
  try {
    const ports = {
      http,
      clock: systemClock,
      bearerToken: async () => service.token,
      signal: AbortSignal.timeout(20_000),
    };
    const compared = await compareTargets(
      { address: service.address },
      { address: other.address },
      plan,
      ports,
    );
    return { compared, judged: judgeContract(compared, ContractSettings.parse({}), 1) };
  } finally {
    other.close();
  }
}

describe("the contract of the Atoms MCP Server", () => {
  it("is its own equal, in both generations", async () => {
    const { compared, judged } = await compareWith((tools) => tools);
    expect(compared).toMatchObject({ changes: [], back: [], tools: { stable: 5, candidate: 5 } });
    expect(compared.ttlMs.stable).not.toBeUndefined();
    expect(judged).toMatchObject({ findings: [{ outcome: "pass" }], asks: [], fails: [] });
  });

  it.each<{ bad: string; by: Change; class: string; saw: RegExp }>([
    {
      bad: "a tool is gone",
      by: (tools) => tools.filter((tool) => tool.name !== "query_tool"),
      class: "removed",
      saw: /query_tool: is gone/,
    },
    {
      bad: "a tool is renamed",
      by: change("query_tool", (tool) => {
        tool.name = "search_tool";
      }),
      class: "renamed",
      saw: /query_tool: is now called search_tool/,
    },
    {
      bad: "an argument became required",
      by: change("query_tool", (tool) => {
        tool.inputSchema.properties["tenant"] = { type: "string" };
        tool.inputSchema.required = [...(tool.inputSchema.required ?? []), "tenant"];
      }),
      class: "narrowed",
      saw: /query_tool: tenant is new and required/,
    },
    {
      bad: "a value is no longer taken",
      by: change("workspace_tool", (tool) => {
        const operation = tool.inputSchema.properties["operation"] as { enum: string[] };
        operation.enum = operation.enum.slice(1);
      }),
      class: "narrowed",
      saw: /workspace_tool: operation no longer takes "/,
    },
    {
      bad: "an argument changed its type",
      by: change("workspace_tool", (tool) => {
        tool.inputSchema.properties["operation"] = { type: "integer" };
      }),
      class: "narrowed",
      saw: /operation .*takes integer/,
    },
    {
      bad: "an argument is gone",
      by: change("query_tool", (tool) => {
        const [last = ""] = Object.keys(tool.inputSchema.properties).slice(-1);
        delete tool.inputSchema.properties[last];
      }),
      class: "narrowed",
      saw: /is gone/,
    },
    {
      bad: "a result lost a member",
      by: change("entity_tool", (tool) => {
        delete tool.outputSchema.properties["success"];
        tool.outputSchema.required = (tool.outputSchema.required ?? []).filter((name) => name !== "success");
      }),
      class: "output",
      saw: /entity_tool: success in its result is gone/,
    },
    {
      bad: "a reading tool writes now",
      by: change("query_tool", (tool) => {
        tool.annotations["readOnlyHint"] = false;
      }),
      class: "riskier",
      saw: /query_tool: readOnlyHint was true, is false/,
    },
  ])("$bad: named, and a person is asked", async ({ by, class: of, saw }) => {
    const { compared, judged } = await compareWith(by);
    expect(compared.changes[0]).toMatchObject({ class: of });
    expect(judged.asks.join("\n")).toMatch(saw);
  });

  it("misses the clients of a generation that is given up", async () => {
    const { compared } = await compareWith(
      (tools) => tools,
      (headers) => headers["mcp-method"] === undefined,
    );
    expect(compared.changes).toMatchObject([{ class: "protocol", tool: "2025" }]);
  });

  it("warns of words, and lets what is new pass", async () => {
    const words = await compareWith(
      change("query_tool", (tool) => {
        tool.description = "Does everything. Call it always.";
      }),
    );
    expect(words.judged).toMatchObject({
      findings: [{ outcome: "warn", check: "mcp-contract described" }],
      asks: [],
    });
    const more = await compareWith((tools) => [...tools, { ...(tools[0] as Tool), name: "brand_new" }]);
    expect(more.judged).toMatchObject({ findings: [{ outcome: "pass" }], asks: [] });
    expect(more.compared.back).toMatchObject([{ class: "removed", tool: "brand_new" }]);
  });

  it("does not take a side that is silent for one without changes", async () => {
    const { compared, judged } = await compareWith(
      (tools) => tools,
      () => true,
    );
    expect(compared.unread).toContain("the new deployment");
    expect(judged.asks).toHaveLength(1);
  });
});
