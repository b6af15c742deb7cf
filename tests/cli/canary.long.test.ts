import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { openShop, playbook, type Shop } from "./shop.js";

// Real processes behind the real split of the local cloud, measured and judged as they are.
const settings = (source: "probe" | "drain") => `canary:
  steps: [50, 100]
  bake: 12s
  interval: 1s
  warm_up: 1s
  step_minimum: 2s
  min_requests: 20
  profile: strict
  source: ${source}
  probe: { rate: 20 }
  guardrails: [{ kind: errors, id: error rate, limit: 0.01 }]
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
`;

let shop: Shop;
let cloud: FaultyCloud;

beforeAll(async () => {
  shop = openShop(playbook(settings("probe")));
  cloud = await startFaultyCloud(shop);
  const { last } = await shop.json("deploy");
  expect(last.release, "the first release").toMatchObject({ state: "released" });
}, 240_000);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
}, 60_000);

/** Sends visitors to production until stopped; they keep no cookies and come from many addresses. */
function visitors(): { stop(): Promise<void> } {
  let going = true;
  const loop = (async () => {
    for (let turn = 0; going; turn++) {
      const visits = [1, 2, 3, 4].map((n) => cloud.visit(`10.${n}.0.${turn % 250}`).catch(() => undefined));
      await Promise.all(visits);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    async stop() {
      going = false;
      await loop;
    },
  };
}

describe("a canary on the local cloud", () => {
  it("that is good gets all the traffic, and can be judged again from the ledger", async () => {
    // It waits for a person before 100 %, so that there is time to look however slow the machine is.
    shop.write(
      "playbook.yaml",
      playbook(settings("probe").replace("bake: 12s", "bake: 12s\n  approve: before 100")),
    );
    const running = shop.start("deploy", "--strategy", "canary");
    const { release } = await running.until(({ kind }) => kind === "gate.shut");
    // A second terminal looks on, and a person asks how it stands.
    const watching = shop.start("status", "--watch");
    await watching.until(({ kind }) => kind === "now");
    const { now } = (await shop.json("status", release)).last;
    const until = expect.any(Number);
    expect(now).toMatchObject({ phase: "shift", split: 0.5, waitsFor: [{ for: "person", until }] });
    expect(now.canary.report.guardrails[0].measures[0].canary.sample).toBeGreaterThan(0);
    expect((await shop.atoms("status", release)).out).toMatch(
      /error rate +(healthy|undecided)[\s\S]*waits for +a person to approve/,
    );
    expect((await shop.json("status")).last.running.now.waitsFor).toMatchObject([{ for: "person" }]);
    expect((await shop.json("approve")).code).toBe(0);

    const { code } = await running.ended;
    const lines = [...running.lines];
    const last = lines.at(-1);
    expect(last).toMatchObject({
      kind: "release",
      release: { state: "released", split: 1, strategy: "canary" },
    });
    expect(code).toBe(0);
    expect(lines.filter(({ kind }) => typeof kind !== "string")).toEqual([]);
    const inTheWatch = lines.filter(({ kind, phase }) => kind === "now" && phase === "watch");
    for (const { waitsFor } of inTheWatch) expect(waitsFor).toMatchObject([{ for: "time" }]);
    expect((await watching.ended).code).toBe(0);
    expect(watching.lines.at(-1)).toEqual(last);
    shop.write("playbook.yaml", playbook(settings("probe")));
    const verdict = lines.find((line) => line.kind === "analysis.verdict");
    expect(verdict.data).toMatchObject({ move: "next", split: 0.5 });
    const replayed = await shop.json("analyze", "--release", last.release.id);
    expect(replayed.last.report.requests.canary).toBeGreaterThan(20);
    expect(replayed.last.verdict.kind).not.toBe("fail");
    const { last: report } = await shop.json("report", last.release.id);
    expect(report.canary.report).toEqual(replayed.last.report);
    expect(report.split.map((point: { value: number }) => point.value)).toEqual([0, 0.5, 1, 1]);
  }, 240_000);

  it("that goes bad is taken back by itself, and production is what it was", async () => {
    const before = await cloud.visit();
    const bad = ["--env", "MODE=turns", "--env", "TURNS_AFTER_MS=4000"];
    const { code, last } = await shop.json("deploy", "--strategy", "canary", ...bad);
    expect(last.release).toMatchObject({ state: "rolled back", split: 0 });
    expect(last.release.problem.code).toBe("ATM-512");
    expect(code).toBe(3);
    for (let i = 0; i < 10; i++) expect(await cloud.visit()).toEqual(before);
    const replayed = await shop.json("analyze", "--release", last.release.id);
    expect(replayed.last.verdict.kind).toBe("fail");
    expect(replayed.code).toBe(1);
  }, 120_000);

  it("is judged by what users meet, counted from the platform's drains", async () => {
    shop.write("playbook.yaml", playbook(settings("drain").replace("bake: 12s", "bake: 8s")));
    const users = visitors();
    const { last, lines } = await shop.json("deploy", "--strategy", "canary");
    await users.stop();
    expect(last.release).toMatchObject({ state: "released" });
    const buckets = lines
      .filter((line) => line.kind === "analysis.observed")
      .flatMap((line) => line.data.buckets);
    const seen = (arm: "canary" | "stable") =>
      buckets.reduce(
        (sum: number, bucket: Record<string, { requests: number }>) => sum + (bucket[arm]?.requests ?? 0),
        0,
      );
    expect(seen("canary")).toBeGreaterThan(20);
    expect(seen("stable")).toBeGreaterThan(0);
  }, 120_000);
});
