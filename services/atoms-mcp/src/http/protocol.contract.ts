import { describe, expect, it } from "vitest";
import { type HttpTests, JSON_RPC } from "../testing/http-tests.js";
import { bodyOf } from "../testing/server.js";

/** The MCP endpoint, for both generations of the protocol. */
export function protocolContract(http: HttpTests): void {
  const rpc = async (method: string, params: object = {}) =>
    http.send(
      "POST",
      "/api/mcp",
      { ...JSON_RPC, ...(await http.bearer()) },
      JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    );

  describe("MCP protocol", () => {
    it("serves both generations, with the same tools as the catalogue", async () => {
      await http.start({ ATOMS_VERSION: "v7" });
      const listed = await bodyOf(http.server.get("/api/mcp/tools", await http.bearer()));
      for (const modern of [false, true]) {
        const client = await http.server.client("alice", modern);
        expect(client.getServerVersion()).toMatchObject({ name: "atoms-mcp", version: "v7" });
        expect(client.getInstructions()).toContain("query_tool");
        const { tools } = await client.listTools();
        expect(
          tools.map(({ name, title, description, inputSchema, annotations }) => ({
            name,
            title,
            description,
            inputSchema,
            annotations,
          })),
        ).toEqual(listed.tools);
        expect(tools.every((tool) => tool.outputSchema !== undefined)).toBe(true);
        const result = await client.callTool({
          name: "workspace_tool",
          arguments: { operation: "list_workspaces" },
        });
        expect(result.structuredContent).toEqual(
          JSON.parse((result.content as { text: string }[])[0]?.text ?? ""),
        );
        const { resources } = await client.listResources();
        expect(resources.map(({ uri }) => uri)).toEqual([
          "atoms://reference/entities",
          "atoms://reference/workflows",
        ]);
        const read = await client.readResource({ uri: "atoms://reference/entities" });
        expect(JSON.parse((read.contents[0] as { text: string }).text)).toHaveLength(8);
        const { prompts } = await client.listPrompts();
        expect(prompts.map(({ name }) => name)).toEqual(["create_entity", "trace_requirements"]);
        const prompt = await client.getPrompt({ name: "create_entity", arguments: { entity_type: "test" } });
        expect(JSON.stringify(prompt.messages)).toContain("project_id");
        await expect(client.callTool({ name: "no_such_tool", arguments: {} })).rejects.toMatchObject({
          code: -32602,
        });
        await client.close();
      }
      expect(listed).toMatchObject({ success: true, count: 5, server: { name: "atoms-mcp", version: "v7" } });
    });

    it.each([
      ["initialize", 200, "text/event-stream"],
      ["tools/list", 200, "text/event-stream"],
      ["ping", 200, "text/event-stream"],
    ])("2025-era %s is %i as an event stream", async (method, status, type) => {
      await http.start();
      const params =
        method === "initialize"
          ? { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } }
          : {};
      const answer = await rpc(method, params);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toContain(type);
      expect(await answer.text()).toContain("event: message");
    });

    it("answers malformed requests as the protocol says", async () => {
      await http.start();
      const headers = { ...JSON_RPC, ...(await http.bearer()) };
      const post = (extra: Record<string, string>, body: string) =>
        http.send("POST", "/api/mcp", { ...headers, ...extra }, body);
      const note = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
      expect((await post({}, note)).status).toBe(202);
      expect(
        (
          await post(
            { accept: "application/json" },
            JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
          )
        ).status,
      ).toBe(406);
      expect((await post({ "content-type": "text/plain" }, "{}")).status).toBe(415);
      const unparsable = await post({}, "{nope");
      expect(unparsable.status).toBe(400);
      expect(await bodyOf(unparsable)).toMatchObject({ error: { code: -32700 } });
      expect(
        (
          await post(
            {},
            JSON.stringify({
              jsonrpc: "2.0",
              id: 1,
              method: "ping",
              params: { x: "y".repeat(4 * 1024 * 1024) },
            }),
          )
        ).status,
      ).toBe(413);
      expect(
        (
          await post(
            { "mcp-protocol-version": "1999-01-01" },
            JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
          )
        ).status,
      ).toBe(400);
      for (const method of ["GET", "DELETE"]) {
        const answer = await http.send(method, "/api/mcp", headers);
        expect(answer.status).toBe(405);
        expect(answer.headers.get("allow")).toBe("POST");
      }
      const meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      const modern = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list" };
      const list = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } });
      const whole = await post(modern, list);
      expect(whole.headers.get("content-type")).toContain("application/json");
      expect((await bodyOf(whole)).result.tools).toHaveLength(5);
      const disagree = await post({ ...modern, "mcp-method": "tools/call" }, list);
      expect(disagree.status).toBe(400);
      expect(await bodyOf(disagree)).toMatchObject({ error: { code: -32020 } });
    });

    it("streams a subscription without buffering it", async () => {
      await http.start();
      const client = await http.server.client("alice", true);
      const abort = new AbortController();
      const token = await http.bearer();
      const meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
      };
      const answer = await fetch(`${http.server.url}/api/mcp`, {
        method: "POST",
        headers: {
          ...JSON_RPC,
          ...token,
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "subscriptions/listen",
        },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 9,
          method: "subscriptions/listen",
          params: { notifications: { toolsListChanged: true }, _meta: meta },
        }),
        signal: abort.signal,
      });
      expect(answer.status).toBe(200);
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      const first = await reader.read();
      expect(new TextDecoder().decode(first.value)).toContain("data:");
      abort.abort();
      await client.close();
    });
  });
}
