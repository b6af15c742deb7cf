import { createHash } from "node:crypto";
import type { Deployment, SourceSnapshot } from "@atoms/playbook";
import type { VercelPlatform } from "@atoms/vercel";
import { expect } from "vitest";

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
