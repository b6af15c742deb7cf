import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { openShop, playbook, type Shop } from "./shop.js";

let shop: Shop;
let cloud: FaultyCloud;
/** What production serves before and, in every case but one, after. */
let good: string;

// Answers are waited for 1 s only, so that a service which never answers does not hold up the test.
const impatient = playbook().replace("performance: false", "timeout: 1s\n  performance: false");

beforeAll(async () => {
  shop = openShop(impatient);
  cloud = await startFaultyCloud(shop);
  // With a control plane in the background every command is quick.
  expect((await shop.json("up")).code).toBe(0);
}, 120_000);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
}, 60_000);

const timeout = 180_000;

describe("the very first release", () => {
  it("that goes bad in front of users says that a person must look", { timeout }, async () => {
    const bad = ["--env", "MODE=turns", "--env", "TURNS_AFTER_MS=1000"];
    const { code, last } = await shop.json("deploy", ...bad);
    expect(code).toBe(1);
    expect(last.release).toMatchObject({ state: "unsafe", problem: { code: "ATM-601" } });
    expect(last.release.because).toContain("503");
    expect(last.release.problem.stillTrue).toContain(last.release.candidate.id);
  });

  it("that is good is served", { timeout }, async () => {
    const { code, last } = await shop.json("deploy");
    expect(code).toBe(0);
    good = last.release.candidate.id;
  });
});

describe("a service", () => {
  it.each([
    { mode: "crash", how: "ends at its start", saw: "answered 500", code: "ATM-401" },
    { mode: "deaf", how: "never listens", saw: "did not answer within 1000 ms", code: "ATM-401" },
    { mode: "mute", how: "takes requests and never answers", saw: "did not answer", code: "ATM-401" },
    { mode: "login", how: "answers 200 with a sign-in page", saw: "password field", code: "ATM-401" },
    { mode: "stale", how: "bears another version's stamp", saw: "v20200101.000000", code: "ATM-401" },
  ])("that $how gets no traffic", { timeout }, async ({ mode, saw, code: problem }) => {
    const { code, last } = await shop.json("deploy", "--env", `MODE=${mode}`);
    expect(code).toBe(1);
    expect(last.release).toMatchObject({ state: "failed", split: 0, problem: { code: problem } });
    expect(last.release.problem.happened).toContain(saw);
    expect(last.release.problem.stillTrue).toBe(`No traffic was moved: production serves ${good}.`);
    expect(last.release.problem.fix).toContain(`atoms logs ${last.release.candidate.id}`);
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });

  it("that goes bad in front of users is taken back", { timeout }, async () => {
    const ended = await shop.atoms("deploy", "--env", "MODE=turns", "--env", "TURNS_AFTER_MS=1000");
    expect(ended.code).toBe(3);
    expect(ended.out).toContain(`Production serves ${good} again, proven on every host.`);
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });

  it("that starts slowly is waited for", { timeout }, async () => {
    shop.write("playbook.yaml", playbook());
    const { code, last } = await shop.json("deploy", "--env", "MODE=slow");
    expect(code).toBe(0);
    good = last.release.candidate.id;
    shop.write("playbook.yaml", impatient);
  });
});

describe("a source", () => {
  it("that is not there is told before a release begins", { timeout }, async () => {
    const { code, last } = await shop.json("deploy", "nowhere");
    expect(code).not.toBe(0);
    expect(last.problem.code).toMatch(/^ATM-2/);
    expect(last.problem.happened).toContain("nowhere");
  });

  it("that cannot be built gets no traffic, and its build log is told", { timeout }, async () => {
    const broken = { name: "shop", version: "1.0.0", type: "module", scripts: { build: "node build.js" } };
    shop.write("package.json", JSON.stringify(broken));
    const { code, last } = await shop.json("deploy");
    expect(code).toBe(1);
    expect(last.release).toMatchObject({ state: "failed", problem: { code: "ATM-508" } });
    expect(last.release.problem.happened).toContain("Cannot find module");
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });
});
