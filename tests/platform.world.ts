import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@atoms/engine";
import { type LocalCloud, startLocalCloud } from "@atoms/local-cloud";
import { type Deployment, isProblem, type Problem, type SourceSnapshot } from "@atoms/playbook";
import { type VercelPlatform, vercelPlatform } from "@atoms/vercel";
import { vi } from "vitest";

/** A local cloud in a folder of its own, whose calls can be made to fail. */
export async function cloudInFolder(): Promise<{ cloud: LocalCloud; end: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "atoms-contract-"));
  const cloud = await startLocalCloud({ folder, faults: true });
  return {
    cloud,
    async end() {
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The platform of one project on that cloud. */
export function platformOn(cloud: LocalCloud, project: string): VercelPlatform {
  return vercelPlatform({
    name: "local",
    api: cloud.apiUrl,
    edgeUrl: cloud.edgeUrl,
    token: cloud.token,
    team: cloud.team.slug,
    project,
    clock: systemClock,
  });
}

/** The files of a service that says who it is. */
export const service = (says: string) => ({
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
console.log("listening as", process.env.ATOMS_VERSION);
createServer((request, response) => {
  console.log("asked for", request.url);
  response.end(JSON.stringify({ says: ${JSON.stringify(says)}, version: process.env.ATOMS_VERSION, level: process.env.LEVEL }));
}).listen(process.env.PORT);
`,
});

/** What a release asks of `createDeployment`. */
export function order(release: string, version: string, files: Record<string, string> = service(version)) {
  const bytes = new Map(Object.entries(files));
  const source: SourceSnapshot = {
    digest: version,
    files: [...bytes].map(([path, text]) => ({
      path,
      sha1: createHash("sha1").update(text).digest("hex"),
      size: Buffer.byteLength(text),
      mode: 0o100644,
    })),
  };
  const read = async (file: { path: string }) => Buffer.from(bytes.get(file.path) ?? "");
  return { release, version, source, variables: { LEVEL: "debug" }, read };
}

/** The deployment when its build is over, however it ended. */
export async function built(platform: VercelPlatform, id: string): Promise<Deployment> {
  return vi.waitFor(
    async () => {
      const found = await platform.deployment(id);
      if (found === undefined || found.state === "building") throw new Error(`${id} is not built yet`);
      return found;
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** The problem that some work must end with. */
export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error("it went well"),
    (thrown: unknown) => thrown,
  );
  if (isProblem(error)) return error;
  throw error;
}
