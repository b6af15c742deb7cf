import { systemClock } from "@atoms/engine";
import { vercelClient } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helperFiles } from "../split.world.js";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { service } from "./service.js";
import { openShop, playbook, type Shop } from "./shop.js";

// The canary by weights, by the built command, with the helper in real processes; from a service without it to one that has it.
const settings = (bake = "12s") => `canary:
  split: weights
  steps: [50, 100]
  bake: ${bake}
  interval: 1s
  warm_up: 1s
  step_minimum: 2s
  min_requests: 20
  profile: strict
  probe: { rate: 20 }
  guardrails: [{ kind: errors, id: error rate, limit: 0.01 }]
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
`;

/** The tests' service with the helper in front. */
const split = service
  .replace("\n", '\nimport { splitTraffic } from "./atoms-split/index.js";\nconst split = splitTraffic();\n')
  .replace(
    "createServer((request, response) => {",
    "createServer((request, response) => split(request, response, () => serve(request, response)));\nconst serve = (request, response) => {",
  )
  .replace('});\nif (mode !== "deaf")', '};\nif (mode !== "deaf")');

let shop: Shop;
let cloud: FaultyCloud;

beforeAll(async () => {
  shop = openShop(playbook(settings()));
  cloud = await startFaultyCloud(shop);
  const { last } = await shop.json("deploy", "--strategy", "standard");
  expect(last.release, "the first release, without the helper").toMatchObject({ state: "released" });
}, 240_000);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
}, 60_000);

/** Who answers forty clients, by how many. */
async function answers(): Promise<Record<string, number>> {
  const count: Record<string, number> = {};
  for (let client = 0; client < 40; client++) {
    const { status, deployment = "nobody" } = await cloud.visit(`10.0.0.${client}`);
    expect(status).toBe(200);
    count[deployment] = (count[deployment] ?? 0) + 1;
  }
  return count;
}

/** Asks until clients are answered by these deployments, and no others. */
async function untilAnsweredBy(...deployments: string[]): Promise<void> {
  let seen: string[] = [];
  for (const late = performance.now() + 60_000; performance.now() < late; ) {
    seen = Object.keys(await answers());
    if (seen.sort().join() === [...deployments].sort().join()) return;
  }
  throw new Error(`clients are answered by ${seen} and not by ${deployments}`);
}

/** The weights as they stand; undefined when there are none. */
async function weights(): Promise<unknown> {
  const { api, token, team } = cloud;
  const client = vercelClient({ api, token, team, clock: systemClock });
  try {
    const [config] = await client.globalConfig.list();
    if (config === undefined) return undefined;
    return (await client.globalConfig.items(config.id)).find(({ key }) => key === "split_shop")?.value;
  } finally {
    await client.close();
  }
}

describe.sequential("a canary by weights", () => {
  let stable: string;

  it("is refused before anything is made, while production has no helper to split with", async () => {
    const { lines, last } = await shop.json("deploy", "--strategy", "canary");
    expect(last.release).toMatchObject({ state: "failed", problem: { code: "ATM-201", ending: "refused" } });
    expect(last.release.problem.happened).toContain("without the routing helper");
    const found = lines.find((line) => line.kind === "check.finished" && line.data.check === "split");
    expect(found.data).toMatchObject({
      outcome: "fail",
      fix: expect.stringContaining("--strategy standard"),
    });
    expect(last.release.candidate).toBeUndefined();
  }, 300_000);

  it("is not given traffic when the new version has no helper", async () => {
    shop.write("server.js", split);
    for (const [file, text] of Object.entries(helperFiles())) shop.write(file, text);
    const { last } = await shop.json("deploy", "--strategy", "standard");
    expect(last.release).toMatchObject({ state: "released" });
    stable = last.release.candidate.id;
    shop.write("server.js", service);
    const { last: bare } = await shop.json("deploy", "--strategy", "canary");
    expect(bare.release).toMatchObject({ state: "failed", problem: { code: "ATM-401" } });
    expect(bare.release.problem.happened).toContain("without the routing helper");
    shop.write("server.js", split);
    expect(Object.keys(await answers())).toEqual([stable]);
  }, 300_000);

  it("that is good gets its share, then all, and leaves no weights behind", async () => {
    const running = shop.start("deploy", "--strategy", "canary");
    const step = await running.until((line) => line.kind === "traffic.step");
    await untilAnsweredBy(stable, step.data.to);
    expect(await weights()).toMatchObject({ state: "active", stable, candidate: { id: step.data.to } });
    const { code, out } = await running.ended;
    expect(code, out).toBe(0);
    await untilAnsweredBy(step.data.to);
    expect(await weights()).toBeUndefined();
    stable = step.data.to;
  }, 300_000);

  it("that goes bad is taken back by itself, for every client", async () => {
    const bad = ["--env", "MODE=turns", "--env", "TURNS_AFTER_MS=6000"];
    const { code, last } = await shop.json("deploy", "--strategy", "canary", ...bad);
    expect(last.release).toMatchObject({ state: "rolled back", split: 0, problem: { code: "ATM-512" } });
    expect(code).toBe(3);
    await untilAnsweredBy(stable);
    expect(await weights()).toMatchObject({ state: "aborted" });
  }, 300_000);

  it("whose process is killed stays split, goes on where it was, and goes back when it is aborted", async () => {
    shop.write("playbook.yaml", playbook(settings("10m").replace("step_minimum: 2s", "step_minimum: 9m")));
    const running = shop.start("deploy", "--strategy", "canary");
    const { data } = await running.until((line) => line.kind === "traffic.step");
    await running.until((line) => line.kind === "analysis.observed");
    running.kill("SIGKILL");
    await running.ended;
    await untilAnsweredBy(stable, data.to);
    const { last: status } = await shop.json("status");
    expect(status.production.shift).toEqual({ to: data.to, share: 0.5 });
    expect(status.production.hosts.every((one: { right: boolean }) => one.right)).toBe(true);

    const resumed = shop.start("deploy", "--resume");
    await resumed.until((line) => line.kind === "analysis.observed" && line.data.look > 3);
    const { code } = await shop.json("abort", data.release ?? status.running.release.id);
    expect(code).toBe(0);
    expect((await resumed.ended).code).toBe(3);
    await untilAnsweredBy(stable);
    expect(await weights()).toMatchObject({ state: "aborted" });
  }, 300_000);
});
