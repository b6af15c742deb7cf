import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Deployment, SourceSnapshot } from "@atoms/playbook";
import type { VercelPlatform } from "@atoms/vercel";
import { expect } from "vitest";
import type { DrainIngest } from "../apps/control-plane/src/ingest/index.js";

/** A service that fails, dawdles, or calls a tool and writes that down, by its path. */
const files = (version: string): Record<string, string> => ({
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
createServer((request, response) => {
  if (request.url.startsWith("/orders")) console.error(JSON.stringify({ event: "request", tool: "orders", version: "${version}" }));
  if (request.url === "/fail") response.statusCode = 500;
  setTimeout(() => response.end("${version}"), request.url === "/slow" ? 300 : 0);
}).listen(process.env.PORT);
`,
});

/** Puts the service up. @returns The deployment, once it is built. */
export async function deployed(
  platform: VercelPlatform,
  release: string,
  version: string,
): Promise<Deployment> {
  const bytes = new Map(Object.entries(files(version)));
  const source: SourceSnapshot = {
    digest: version,
    files: [...bytes].map(([path, text]) => ({
      path,
      sha1: createHash("sha1").update(text).digest("hex"),
      size: Buffer.byteLength(text),
      mode: 0o100644,
    })),
  };
  await platform.ensureProject();
  const { id } = await platform.createDeployment({
    release,
    version,
    source,
    variables: {},
    read: async (file) => Buffer.from(bytes.get(file.path) ?? ""),
  });
  await expect.poll(async () => (await platform.deployment(id))?.state, { timeout: 30_000 }).toBe("ready");
  const deployment = await platform.deployment(id);
  if (deployment === undefined) throw new Error(`there is no ${id}`);
  return deployment;
}

export type Receiver = { url: string; close(): Promise<void> };

/** Listens on loopback and hands every delivery to the ingest, as the control plane does. */
export async function receiverFor(ingest: DrainIngest): Promise<Receiver> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      const request = new Request(`http://127.0.0.1${incoming.url}`, {
        method: "POST",
        headers,
        body: new Uint8Array(Buffer.concat(parts)),
      });
      const answer = await ingest.handle(request);
      outgoing.writeHead(answer.status).end(await answer.text());
    })().catch((error: unknown) => outgoing.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
