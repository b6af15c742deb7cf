import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import { type Answer, askHeader } from "@atoms/split";
import { undiciHttp, type VercelPlatform, vercelPlatform } from "@atoms/vercel";
import { vi } from "vitest";

const dist = fileURLToPath(new URL("../packages/split/dist/", import.meta.url));

/** The routing helper as a service carries it: the built files, in a folder of its own. */
export function helperFiles(folder = "atoms-split"): Record<string, string> {
  const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
  return Object.fromEntries(
    files.map((name) => [
      `${folder}/${name}`,
      readFileSync(dist + name, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"),
    ]),
  );
}

/** A service with the helper in front of it. */
export const splitService = (version: string, handler = plainHandler): Record<string, string> => ({
  ...helperFiles(),
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
import { splitTraffic } from "./atoms-split/index.js";
const version = ${JSON.stringify(version)};
const split = splitTraffic();
const serve = ${handler};
createServer((request, response) => split(request, response, () => serve(request, response))).listen(process.env.PORT);
`,
});

const plainHandler = `(request, response) => response.end(JSON.stringify({ version }))`;

/** The platform of one project that is split by weights. */
export function weightedOn(
  cloud: LocalCloud,
  project: string,
  { leaseMs = 15 * 60_000, clock = systemClock, config = "atoms-split" } = {},
): VercelPlatform {
  return vercelPlatform({
    name: "local",
    api: cloud.apiUrl,
    edgeUrl: cloud.edgeUrl,
    token: cloud.token,
    team: cloud.team.slug,
    project,
    clock,
    weights: { config, item: `split_${project}`, leaseMs },
  });
}

/** What the helper behind a host says of itself. */
export async function askHelper(host: string): Promise<Answer> {
  const http = undiciHttp({ clock: systemClock });
  try {
    const answer = await http.send({ url: `${host}/`, headers: { [askHeader]: "1" }, timeoutMs: 10_000 });
    if (!answer.answered) throw new Error(`${host}: ${answer.message}`);
    return JSON.parse(answer.body) as Answer;
  } finally {
    await http.close();
  }
}

/** Waits until the helper behind a host goes by what the platform was last told. */
export async function helperHasRead(host: string, platform: VercelPlatform): Promise<void> {
  await vi.waitFor(
    async () => {
      const rollout = await platform.rollout();
      const wanted = rollout?.state === "active" ? rollout.share : 0;
      const { weights } = await askHelper(host);
      if ((weights?.share ?? 0) !== wanted) throw new Error(`${weights?.share} and not ${wanted}`);
    },
    { timeout: 15_000, interval: 100 },
  );
}
