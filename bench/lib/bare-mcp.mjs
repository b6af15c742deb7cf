// What any MCP endpoint of this kind pays: Hono and the MCP handler of the service, without tools, tokens or a store.
import { createRequire } from "node:module";

// The very versions the service uses.
const ofService = createRequire(new URL("../../services/atoms-mcp/package.json", import.meta.url));
const { createAdaptorServer } = ofService("@hono/node-server");
const { createMcpHandler, McpServer } = ofService("@modelcontextprotocol/server");
const { Hono } = ofService("hono");

const endpoint = createMcpHandler(
  () => new McpServer({ name: "bare", version: "1.0.0" }, { capabilities: { tools: {} } }),
);
const app = new Hono();
app.post("/api/mcp", (c) => endpoint.fetch(c.req.raw));
app.get("/metrics", (c) => {
  const { user, system } = process.cpuUsage();
  return c.text(`process_cpu_seconds_total ${(user + system) / 1e6}\n`);
});

const server = createAdaptorServer({ fetch: app.fetch });
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
