import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Fault, type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { openShop, type Shop } from "./shop.js";

let shop: Shop;
let cloud: FaultyCloud;
/** How each release must stand in the store at the end. One whose case failed is not among them. */
const ends: { id: string; state: string }[] = [];

beforeAll(async () => {
  shop = openShop();
  cloud = await startFaultyCloud(shop);
  const { last } = await shop.json("deploy");
  expect(last.release, "the first release").toMatchObject({ state: "released" });
  ends.push(last.release);
}, 240_000);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
}, 60_000);

// A case that failed may have left a release under way, which the next one would stumble over.
afterEach(async ({ task }) => {
  await cloud.clearFaults();
  if (task.result?.state !== "fail") return;
  await shop.json("abort");
  for (let i = 0; i < 60 && (await shop.json("status")).last.running !== undefined; i++) await pause(500);
}, 120_000);

/** Starts a release, kills its command in a phase, and says what can be seen then. */
async function killIn(phase: string, hold: Fault | undefined, ...args: string[]) {
  if (hold !== undefined) await cloud.fault(hold);
  const before = await cloud.visit();
  const running = shop.start("deploy", ...args);
  await running.until((line) => line.kind === "phase.started" && line.data.phase === phase);
  // The command learns of a phase a little after it began; then its call is being held up.
  if (hold !== undefined) await cloud.met();
  running.kill("SIGKILL");
  const { code } = await running.ended;
  // What is held up acts now: after the death of who asked for it, and before anybody goes on.
  await cloud.clearFaults();
  return { code, before, id: running.lines[0]?.release as string };
}

const order = ["preflight", "backup", "announce", "deploy", "validate", "shift", "watch", "finish"];

/** A call that only this phase makes, held up until the kill is done, however slow the machine is. */
const slow = (method: string, path: string): Fault => ({ method, path, kind: "slow", delayMs: 120_000 });

describe("a release whose command is killed", () => {
  it.each<{ phase: string; hold?: Fault }>([
    { phase: "preflight", hold: slow("GET", "^/user$") },
    { phase: "backup", hold: slow("GET", "^/aliases$") },
    { phase: "announce" },
    { phase: "deploy", hold: slow("POST", "^/deployments$") },
    { phase: "validate" },
    { phase: "shift", hold: slow("POST", "/promote/") },
    { phase: "watch" },
  ])("in $phase is told as it is, and goes on when asked", { timeout: 400_000 }, async ({ phase, hold }) => {
    const { code, id } = await killIn(phase, hold);
    expect(code).toBeNull();
    const { last: seen } = await shop.json("status");
    expect(seen.running).toMatchObject({ worked: false, release: { id, state: "running" } });
    // A phase that is over in a blink may have been left between the command's word and the kill.
    const reached = order.indexOf(seen.running.release.phase);
    expect(reached).toBeGreaterThanOrEqual(order.indexOf(phase));
    if (hold !== undefined) expect(seen.running.release.phase).toBe(phase);
    // What status says production serves is what a visitor gets.
    expect(await cloud.visit()).toEqual({ status: 200, deployment: seen.production.deployment.id });

    const resumed = await shop.json("deploy", "--resume");
    expect(resumed.code).toBe(0);
    expect(resumed.last.release).toMatchObject({ id, state: "released" });
    expect((await cloud.visit()).deployment).toBe(resumed.last.release.candidate.id);
    ends.push({ id, state: "released" });
  });

  it("in rollback still brings its traffic back", { timeout: 400_000 }, async () => {
    const bad = ["--env", "MODE=turns", "--env", "TURNS_AFTER_MS=1200"];
    const { id, before } = await killIn("rollback", slow("POST", "/rollback/"), ...bad);
    const resumed = await shop.json("deploy", "--resume");
    expect(resumed.code).toBe(3);
    expect(resumed.last.release).toMatchObject({ id, state: "rolled back", problem: { code: "ATM-505" } });
    expect((await cloud.visit()).deployment).toBe(before.deployment);
    ends.push({ id, state: "rolled back" });
  });

  it.each([
    { phase: "validate", command: ["abort"], state: "aborted" },
    { phase: "watch", command: ["rollback", "--yes"], state: "rolled back" },
  ])("in $phase is ended safely by `atoms $command`", { timeout: 400_000 }, async (row) => {
    const { id, before } = await killIn(row.phase, undefined);
    const ended = await shop.json(...row.command);
    expect(ended.code).toBe(0);
    expect(ended.last.release).toMatchObject({ id, state: row.state, problem: { code: "ATM-504" } });
    expect((await cloud.visit()).deployment).toBe(before.deployment);
    ends.push({ id, state: row.state });
  });

  it("keeps its place: another is refused, with who and since when", { timeout: 400_000 }, async () => {
    const { id } = await killIn("validate", undefined);
    const refused = await shop.json("deploy");
    expect(refused.code).toBe(4);
    expect(refused.last.problem).toMatchObject({ code: "ATM-501", ending: "refused" });
    expect(refused.last.problem.happened).toContain(id);
    // The background control plane takes up what it finds.
    expect((await shop.json("up")).code).toBe(0);
    await expect
      .poll(async () => (await shop.json("status")).last.past[0].id, { timeout: 60_000, interval: 1_000 })
      .toBe(id);
    ends.push({ id, state: "released" });
  });

  it("made one deployment at most, and the ledger is whole", { timeout: 120_000 }, async () => {
    const { last: releases } = await shop.json("releases", "--limit", "100");
    const stands = new Map(releases.map(({ id, state }: { id: string; state: string }) => [id, state]));
    expect(ends.map(({ id }) => ({ id, state: stands.get(id) }))).toEqual(
      ends.map(({ id, state }) => ({ id, state })),
    );
    const { last: deployments } = await shop.json("deployments", "--limit", "100");
    const made = deployments.map((deployment: { release: string }) => deployment.release);
    expect(new Set(made).size, "a release made two").toBe(made.length);
    expect(made).toEqual(expect.arrayContaining(ends.map(({ id }) => id)));
    const verified = await shop.json("ledger", "--verify");
    expect(verified).toMatchObject({ code: 0, last: { intact: true } });
  });
});
