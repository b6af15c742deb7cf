import type * as fs from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { CloudUnderTest, eventually, nodeService, saying } from "./testing/cloud-under-test.js";

const disk = vi.hoisted(() => ({ isFull: false }));
// No test can fill a real disk without harm to its neighbours: the one call that the journal writes with says it is full.
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const noSpace = () =>
    Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const orFull =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      if (disk.isFull) throw noSpace();
      return call(...args);
    };
  return {
    ...real,
    writeSync: orFull(real.writeSync as (...args: unknown[]) => number),
    writeFileSync: orFull(real.writeFileSync as (...args: unknown[]) => void),
  };
});

let t: CloudUnderTest;
let later = 0;
beforeAll(async () => {
  t = await CloudUnderTest.start({ clock: () => Date.now() + later });
});
afterAll(() => t.end());

it("on a full disk the API says so, traffic goes on, and what is due is done when there is room", async () => {
  await t.deploy("full", saying("base"), { target: "production" });
  await t.api("PATCH", "/v1/projects/full/rolling-release/config", {
    enabled: true,
    advancementType: "automatic",
    stages: [{ targetPercentage: 0, duration: 10 }, { targetPercentage: 100 }],
  });
  await t.deploy("full", saying("canary"), { target: "production" });
  const run = async () => (await t.api("GET", "/v1/projects/full/rolling-release")).body.rollingRelease.state;
  expect(await run()).toBe("ACTIVE");
  const go = join(t.folder, "go");
  const build = { scripts: { build: `until [ -e ${go} ]; do sleep 0.1; done`, start: "node index.js" } };
  const files = {
    ...nodeService("response.end('built')"),
    "package.json": JSON.stringify({ type: "module", ...build }),
  };
  const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
  const building = (await t.api("POST", "/v13/deployments", { name: "slow", files: entries })).body;
  const state = async () => (await t.api("GET", `/v13/deployments/${building.id}`)).body.readyState;
  await eventually(async () => (await state()) === "BUILDING");

  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  disk.isFull = true;
  later += 11 * 60_000;
  await writeFile(go, "");
  const refused = await t.api("PATCH", "/v9/projects/full", { framework: "hono" });
  expect([refused.status, refused.body.error.code]).toEqual([507, "disk_full"]);
  expect((await t.api("GET", "/v9/projects/full")).body.framework).toBeNull();
  // Both the stage that is over and the build that is done find no room.
  await eventually(() => said.mock.calls.flat().some((text) => String(text).includes("by the clock")));
  await eventually(() => said.mock.calls.flat().some((text) => String(text).includes("a build waits")));
  expect(said.mock.calls.length).toBeLessThan(10);
  expect((await t.visit("full.localhost")).body).toBe("base");
  expect([await run(), await state()]).toEqual(["ACTIVE", "BUILDING"]);

  disk.isFull = false;
  expect((await t.built(building.id)).readyState).toBe("READY");
  await eventually(async () => (await run()) === "COMPLETE");
  expect((await t.visit("full.localhost")).body).toBe("canary");
  expect((await t.visit(building.url)).body).toBe("built");
  said.mockRestore();
}, 60_000);
