import diagnostics from "node:diagnostics_channel";
import { setTimeout as pause } from "node:timers/promises";
import { memoryEngine, systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import {
  analysisSettings,
  BlueGreenSettings,
  CanarySettings,
  DeadlineSettings,
  type ReleaseOrder,
  type ReleaseWorld,
  releaseFlow,
  releaseOf,
  StandardSettings,
} from "@atoms/playbook";
import { undiciHttp, type VercelPlatform } from "@atoms/vercel";
import { cloudInFolder, order as deploymentOf, platformOn } from "../platform.world.js";
import { releaseScenario, order as usual } from "../release.world.js";

/** How a call of the platform goes wrong. `times` is set where it goes on for good. */
export const hows = {
  "answers 500 and has done nothing": { kind: "before", status: 500 },
  "answers 429 and asks for a second": { kind: "before", status: 429, headers: { "retry-after": "1" } },
  "is cut off before it was heard": { kind: "cut-before" },
  "acts, then says that it did not": { kind: "after", status: 500 },
  "acts, and is cut off before it answers": { kind: "cut-after" },
  "takes two seconds": { kind: "slow", delayMs: 2_000 },
  "does not answer in time": { kind: "slow", delayMs: 45_000 },
  "answers 500 for good": { kind: "before", status: 500, times: 100_000 },
  "acts, and says for good that it did not": { kind: "after", status: 500, times: 100_000 },
} as const;
export type How = keyof typeof hows;

/** One call of the platform as a release makes it: the nth of its kind. */
export type Call = { method: string; path: string; nth: number };

export type Lie = Call & { how: How };

export type LiedTo = {
  strategy: "standard" | "blue-green" | "canary";
  candidate: "good" | "bad";
};

/** What is left of a release when it is over. */
export type Left = {
  state: string;
  /** Who users get: the new deployment, the one before, or words for anything else. */
  users: string;
  /** Deployments on the platform that this release made. */
  made: number;
  split: boolean;
  ends: number;
  problem: string | undefined;
};

/** A local cloud that lies, and releases made on it one after the other. Close it when done. */
export interface Liar {
  /** Lets a release run undisturbed. @returns what is left, and every call that it made. */
  undisturbed(scenario: LiedTo): Promise<{ left: Left; calls: Call[] }>;
  /** Runs a release while the platform lies in one call. @returns what is left, and whether the call was made. */
  lied(scenario: LiedTo, lie: Lie): Promise<{ left: Left; met: boolean }>;
  close(): Promise<void>;
}

const page = (says: string) => ({ "index.html": `<p>${says}</p>`, "products.html": "<p>products</p>" });
const quickWatch = { duration: "400ms", interval: "100ms", failures: 2, consecutive: 2 };

export async function openLiar(): Promise<Liar> {
  const { cloud, end } = await cloudInFolder();
  const http = undiciHttp({ clock: systemClock });
  const platform = platformOn(cloud, "shop");
  let count = 0;
  await platform.ensureProject();
  const first = deploymentOf("rel_first", "v0", page("first"));
  const { id } = await platform.createDeployment(first);
  await ready(platform, id);
  await platform.promote(id);
  await settled(platform, id);

  /** @param brief Whether a platform that never recovers is given up after seconds instead of minutes. */
  const release = async ({ strategy, candidate }: LiedTo, brief: boolean): Promise<Left> => {
    count += 1;
    const before = (await platform.production()).deployment?.id ?? "";
    const made = deploymentOf(`rel_${count}`, `v${count}`, page(`version ${count}`));
    const order: ReleaseOrder = {
      ...usual,
      release: made.release,
      version: made.version,
      strategy,
      startedAt: Date.now(),
      source: made.version,
    };
    const scenario = releaseScenario({ strategy });
    const { ledger, releases } = scenario;
    // A pin that an earlier release left is Atoms' own, and keeps nobody from releasing.
    scenario.knobs.rollback = { by: "atoms", byHand: false };
    await releases.prove(
      {
        ...{ service: "shop", environment: "production", address: "", version: "v0", at: 1 },
        deployment: before,
      },
      [],
    );
    if (candidate === "bad") {
      const well = { ok: true, saw: "healthy", ms: 2 };
      scenario.knobs.looks =
        strategy === "canary" ? [well] : [well, { ...well, ok: false, saw: "answers 500" }];
    }
    const canary = CanarySettings.parse({
      ...{
        steps: [50, 100],
        bake: "3s",
        interval: "200ms",
        warm_up: "100ms",
        step_minimum: "200ms",
        min_requests: 10,
      },
      watch: quickWatch,
    });
    const world: ReleaseWorld = {
      ...scenario.world,
      ...{ platform, http, clock: systemClock },
      settings: {
        ...scenario.world.settings,
        canary,
        analysis: analysisSettings(canary, "http"),
        standard: StandardSettings.parse({ watch: quickWatch }),
        "blue-green": BlueGreenSettings.parse({ warm_up: 1, watch: quickWatch }),
        deadlines: DeadlineSettings.parse(
          brief ? { backup: "8s", deploy: "20s", shift: "15s", finish: "8s", rollback: "15s" } : {},
        ),
        plan: undefined,
      },
      source: async () => made.source,
      readSource: made.read,
      async measure(_arms, { seconds, split }, signal) {
        const start = Date.now();
        await pause(50, undefined, { signal });
        const arm = {
          requests: 100,
          errors: 0,
          slow: { "500": 0 },
          latency: [[60, 100]] as [number, number][],
        };
        return [
          { start, seconds, split, stable: arm, canary: candidate === "bad" ? { ...arm, errors: 60 } : arm },
        ];
      },
      touch: async () => ({ ok: true, saw: "answers 200", ms: 3 }),
    };
    await releases.open(releaseOf(order), []);
    const flow = releaseFlow(async () => world);
    const engine = memoryEngine({ clock: systemClock, random: Math.random, flows: [flow] });
    await engine.start(flow, order.release, order);
    await engine.result(order.release, 600_000).finally(() => engine.close());
    await clear(cloud);
    const left = await releases.get(order.release);
    const entries = await ledger.read({ release: order.release, limit: 10_000 });
    const mine = (await platform.deployments(100)).filter((one) => one.release === order.release);
    const production = await platform.production();
    const serving = production.deployment?.id;
    const rollout = await platform.rollout();
    const users = await whoUsersGet(http, production.hosts);
    return {
      state: left?.state ?? "none",
      users: users
        .map((one) => (one === mine[0]?.id ? "new" : one === before ? "before" : one))
        .join(" and "),
      made: mine.length,
      split: rollout?.state === "active" || (serving !== before && serving !== mine[0]?.id),
      ends: entries.filter(({ kind }) => kind === "release.ended").length,
      problem: left?.problem?.code,
    };
  };
  /** After a release that could not end well: production is whole again, and old deployments are gone. */
  const tidy = async () => {
    const rollout = await platform.rollout();
    const { deployment } = await platform.production();
    if (rollout?.state === "active" && deployment !== undefined)
      await platform.rollBack(deployment.id, "tidying");
    await platform.clearRollout();
    for (const one of (await platform.deployments(100)).slice(4))
      if (one.id !== (await platform.production()).deployment?.id) await platform.removeDeployment(one.id);
  };

  return {
    async undisturbed(scenario) {
      await tidy();
      const { calls, stop } = listen(cloud);
      const left = await release(scenario, false).finally(stop);
      return { left, calls };
    },
    async lied(scenario, { method, path, nth, how }) {
      await tidy();
      await control(cloud, "POST", { method, path, skip: nth - 1, ...hows[how] });
      const { calls, stop } = listen(cloud);
      const left = await release(scenario, how.includes("for good")).finally(stop);
      return {
        left,
        met: calls.some((call) => call.method === method && call.path === path && call.nth === nth),
      };
    },
    async close() {
      await platform.close();
      await http.close();
      await end();
    },
  };
}

/** Notes every call of the platform's API, in order. */
function listen(cloud: LocalCloud): { calls: Call[]; stop: () => void } {
  const calls: Call[] = [];
  const note = (message: unknown) => {
    const { request } = message as { request: { origin: unknown; method: string; path: string } };
    if (String(request.origin) !== new URL(cloud.apiUrl).origin || request.path.startsWith("/atoms/")) return;
    const path = patternOf(request.path);
    const { method } = request;
    const nth = calls.filter((call) => call.method === method && call.path === path).length + 1;
    calls.push({ method, path, nth });
  };
  diagnostics.subscribe("undici:request:create", note);
  return { calls, stop: () => void diagnostics.unsubscribe("undici:request:create", note) };
}

/** A path as a fault names it: without version, and with any id in place of an id. */
function patternOf(path: string): string {
  const plain = path
    .replace(/\?.*$/, "")
    .replace(/^\/v\d+/, "")
    .replace(/^\/now/, "");
  const parts = plain
    .split("/")
    .map((part) => (/^[a-z]+_/.test(part) ? "[^/]+" : part.replace(/[.*+?]/g, "\\$&")));
  return `^${parts.join("/")}$`;
}

const control = async (cloud: LocalCloud, method: string, body?: object) => {
  const answer = await fetch(`${cloud.apiUrl}/atoms/faults`, {
    method,
    headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the fault was not taken: ${await answer.text()}`);
  await answer.body?.cancel();
};
const clear = (cloud: LocalCloud) => control(cloud, "DELETE");

async function whoUsersGet(http: ReturnType<typeof undiciHttp>, hosts: readonly string[]): Promise<string[]> {
  const got = new Set<string>();
  for (const host of hosts)
    for (let i = 0; i < 8; i++) {
      const headers = { "x-forwarded-for": `10.1.${i}.7` };
      const answer = await http.send({ url: `${host}/`, headers, timeoutMs: 20_000 });
      got.add(answer.answered ? (answer.headers["x-atoms-cloud-deployment"] ?? "somebody") : answer.message);
    }
  return [...got];
}

async function ready(platform: VercelPlatform, id: string): Promise<void> {
  for (let i = 0; i < 600; i++, await pause(100))
    if ((await platform.deployment(id))?.state === "ready") return;
  throw new Error(`${id} was not built within a minute`);
}

async function settled(platform: VercelPlatform, id: string): Promise<void> {
  for (let i = 0; i < 600; i++, await pause(100)) {
    const now = await platform.production();
    if (now.deployment?.id === id && now.moving === undefined) return;
  }
  throw new Error(`production did not come to serve ${id} within a minute`);
}
