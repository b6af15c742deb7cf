// What any MCP endpoint of this kind pays: Hono and the MCP handler of the service, without tools, tokens or a store.
import { createAdaptorServer } from "@hono/node-server";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { Hono } from "hono";

const endpoint = createMcpHandler(
  () => new McpServer({ name: "bare", version: "1.0.0" }, { capabilities: { tools: {} } }),
);
const app = new Hono();
app.post("/api/mcp", (c) => endpoint.fetch(c.req.raw));

const server = createAdaptorServer({ fetch: app.fetch });
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
