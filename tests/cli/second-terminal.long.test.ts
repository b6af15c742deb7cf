import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { openShop, playbook, type Shop } from "./shop.js";

let shop: Shop;
let cloud: FaultyCloud;
let good: string;

const watched = playbook("", "{ duration: 60s, interval: 300ms, failures: 2, consecutive: 2 }");
const timeout = 180_000;

beforeAll(async () => {
  shop = openShop();
  cloud = await startFaultyCloud(shop);
  const { last } = await shop.json("deploy");
  expect(last.release).toMatchObject({ state: "released" });
  good = last.release.candidate.id;
  // From now on every release is watched long enough to be talked to.
  shop.write("playbook.yaml", watched);
}, timeout);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
}, 60_000);

async function releaseUnderWatch() {
  const first = shop.start("deploy");
  await first.until((line) => line.kind === "phase.started" && line.data.phase === "watch");
  return { first, id: first.lines[0]?.release as string };
}

describe("while a release runs in one terminal, another", () => {
  it("sees it, is refused a second one, and takes it back", { timeout }, async () => {
    const { first, id } = await releaseUnderWatch();
    const status = await shop.json("status");
    expect(status.last.running).toMatchObject({ worked: true, release: { id, phase: "watch", split: 1 } });
    expect((await shop.json("ledger", "--release", id)).last.length).toBeGreaterThan(10);
    const refused = await shop.json("deploy");
    expect(refused).toMatchObject({ code: 4, last: { problem: { code: "ATM-501" } } });
    expect(refused.last.problem.happened).toContain(id);

    const rollback = await shop.json("rollback", "--yes", "--because", "prices are wrong");
    expect(rollback).toMatchObject({ code: 0, last: { release: { id, state: "rolled back" } } });
    // The first terminal learns of it, and why.
    const ended = await first.ended;
    expect(ended.code).toBe(3);
    expect(first.lines.at(-1).release).toMatchObject({
      id,
      state: "rolled back",
      problem: { code: "ATM-504" },
    });
    expect(first.lines.at(-1).release.problem.happened).toContain("prices are wrong");
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });

  it("ends it although the playbook was broken meanwhile", { timeout }, async () => {
    const { first, id } = await releaseUnderWatch();
    shop.write("playbook.yaml", "version: [");
    expect((await shop.json("status")).code).toBe(2);
    const aborted = await shop.json("abort");
    expect(aborted).toMatchObject({ code: 0, last: { release: { id, state: "rolled back" } } });
    expect((await first.ended).code).toBe(3);
    shop.write("playbook.yaml", watched);
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });

  it("leaves it to the background when that was asked, and one of two commands at once wins", {
    timeout,
  }, async () => {
    expect((await shop.json("up")).code).toBe(0);
    const both = await Promise.all([shop.json("deploy", "--detach"), shop.json("deploy", "--detach")]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 4]);
    const id = both.find(({ code }) => code === 0)?.last.release.id;
    expect(both.find(({ code }) => code === 4)?.last.problem).toMatchObject({ code: "ATM-501" });
    await expect
      .poll(async () => (await shop.json("status")).last.running?.release.phase, {
        timeout: 60_000,
        interval: 300,
      })
      .toBe("watch");

    // The control plane dies as by a power cut. Status tells so, and the next one goes on with the release.
    const plane = (await shop.json("up")).last.controlPlane;
    expect(plane.startedNow).toBe(false);
    process.kill(plane.pid, "SIGKILL");
    await expect
      .poll(async () => (await shop.json("status")).last.running, { timeout: 30_000, interval: 300 })
      .toMatchObject({ worked: false, release: { id } });
    expect((await shop.json("up")).last.controlPlane.startedNow).toBe(true);
    const status = await shop.json("status");
    expect(status.last.running).toMatchObject({ worked: true, release: { id } });
    expect(await shop.json("abort")).toMatchObject({
      code: 0,
      last: { release: { id, state: "rolled back" } },
    });
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });
});
