import { systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import type { Deployment } from "@atoms/playbook";
import { undiciHttp, type VercelPlatform, vercelPlatform } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { built, cloudInFolder, order, platformOn, problemOf } from "./platform.world.js";

/** The promises of the platform port, kept by the adapter against a real local cloud: real builds, real traffic. */

let cloud: LocalCloud;
let end: () => Promise<void>;
let platform: VercelPlatform;
const http = undiciHttp({ clock: systemClock });
beforeAll(async () => {
  ({ cloud, end } = await cloudInFolder());
  platform = platformOn(cloud, "shop");
});
afterAll(async () => {
  await Promise.all([http.close(), platform?.close()]);
  await end?.();
});

async function says(address: string): Promise<unknown> {
  const result = await http.send({ url: `${address}/hello`, timeoutMs: 20_000 });
  if (!result.answered) throw new Error(`${address}: ${result.message}`);
  return JSON.parse(result.body);
}

// The promises are kept in the order of a release: each stands on the one before.
describe.sequential("the platform port on the local cloud", () => {
  let first: Deployment;
  let second: Deployment;

  test("the token says who we are", async () => {
    expect(await platform.whoAmI()).toMatchObject({ team: cloud.team.slug });
  });

  test("a project that is not there yet reads as empty", async () => {
    expect(await platform.production()).toEqual({ hosts: [], autoAssign: true });
    expect(await platform.deployments(5)).toEqual([]);
  });

  test("the project is created staged, twice as well as once", async () => {
    await platform.ensureProject();
    await platform.ensureProject();
    expect((await platform.production()).autoAssign).toBe(false);
  });

  test("variables are set, replaced, and secrets never shown", async () => {
    await platform.setVariable("COLOUR", "red", { secret: false });
    await platform.setVariable("COLOUR", "blue", { secret: false });
    await platform.setVariable("API_KEY", "s3cret", { secret: true });
    const shown = await platform.variables({ values: true });
    const changedAt = expect.any(Number);
    expect(shown.sort((a, b) => a.key.localeCompare(b.key))).toEqual([
      { key: "API_KEY", targets: ["production"], readable: false, changedAt },
      { key: "COLOUR", targets: ["production"], readable: true, changedAt, value: "blue" },
    ]);
    expect((await platform.variables({ values: false })).every((one) => one.value === undefined)).toBe(true);
  });

  test("created twice is one deployment, staged, found by its release, its id and its host", async () => {
    const sent: number[] = [];
    const created = await platform.createDeployment({
      ...order("rel_1", "v1"),
      progress: (bytes) => sent.push(bytes),
    });
    const again = await platform.createDeployment(order("rel_1", "v1"));
    expect(again.id).toBe(created.id);
    expect(sent.length).toBeGreaterThan(1);
    first = await built(platform, created.id);
    expect(first).toMatchObject({ state: "ready", production: true, version: "v1", release: "rel_1" });
    expect((await platform.findDeployment("rel_1"))?.id).toBe(first.id);
    expect(await platform.findDeployment("rel_0")).toBeUndefined();
    expect(await platform.deployment(first.address)).toEqual(first);
    expect(await platform.deployment("dpl_none")).toBeUndefined();
    expect((await platform.deployments(10)).map((one) => one.id)).toEqual([first.id]);
    expect((await platform.production()).deployment).toBeUndefined();
  });

  test("it answers at its own address with its stamp and its variables", async () => {
    expect(await says(first.address)).toEqual({ says: "v1", version: "v1", level: "debug" });
  });

  test("promoted, every production host serves it, and again does nothing", async () => {
    await platform.promote(first.id);
    await platform.promote(first.id);
    await expect.poll(async () => (await platform.production()).moving).toBeUndefined();
    const production = await platform.production();
    expect(production.deployment?.id).toBe(first.id);
    expect(production.hosts.length).toBeGreaterThan(0);
    for (const host of production.hosts) expect(await says(host)).toMatchObject({ version: "v1" });
    expect(production.autoAssign).toBe(false);
  });

  test("a second one takes over, and aliases show it", async () => {
    second = await built(platform, (await platform.createDeployment(order("rel_2", "v2"))).id);
    expect((await platform.production()).deployment?.id).toBe(first.id);
    await platform.promote(second.id);
    const { hosts } = await platform.production();
    for (const host of hosts) expect(await says(host)).toMatchObject({ version: "v2" });
    const aliases = await platform.aliases();
    expect(aliases).toContainEqual({ host: new URL(hosts[0] as string).hostname, deployment: second.id });
    expect((await platform.deployments(1))[0]?.id).toBe(second.id);
  });

  test("rolled back, twice as well as once, production serves the first and is pinned", async () => {
    await platform.rollBack(first.id, "more errors than before");
    await platform.rollBack(first.id, "more errors than before");
    const production = await platform.production();
    expect(production).toMatchObject({ deployment: { id: first.id }, autoAssign: false });
    for (const host of production.hosts) expect(await says(host)).toMatchObject({ version: "v1" });
  });

  test("automatic assignment is restored", async () => {
    await platform.setAutoAssign(true);
    expect((await platform.production()).autoAssign).toBe(true);
    await platform.setAutoAssign(false);
    expect((await platform.production()).autoAssign).toBe(false);
  });

  test("the log has what the service wrote and what it answered, oldest first", async () => {
    const lines = await platform.logs(first.id, 200);
    expect(lines.map((line) => line.at)).toEqual(lines.map((line) => line.at).sort((a, b) => a - b));
    const of = (source: string) => lines.filter((line) => line.source === source).map((line) => line.text);
    expect(of("build").length).toBeGreaterThan(0);
    expect(of("runtime")).toContain("listening as v1");
    expect(of("request").some((text) => /^GET .*\/hello 200$/.test(text))).toBe(true);
    expect(await platform.logs(first.id, 1)).toHaveLength(1);
  });

  test("a build that fails says why, gets no traffic, and can not be promoted", async () => {
    const files = {
      "package.json": JSON.stringify({ name: "shop", scripts: { build: "echo no such luck >&2; exit 3" } }),
    };
    const failed = await built(platform, (await platform.createDeployment(order("rel_3", "v3", files))).id);
    expect(failed.state).toBe("failed");
    expect(failed.failure).toBeTruthy();
    expect((await platform.logs(failed.id, 50)).some((line) => line.text.includes("no such luck"))).toBe(
      true,
    );
    const problem = await problemOf(platform.promote(failed.id));
    expect(problem.code).toBe("ATM-306");
    expect(problem.happened).toContain("no such luck");
    expect((await platform.production()).deployment?.id).toBe(first.id);
  });

  test("removed, twice as well as once, a deployment is gone, and production is not touched", async () => {
    await platform.removeDeployment(second.id);
    await platform.removeDeployment(second.id);
    expect((await platform.deployment(second.id))?.state ?? "gone").toBe("gone");
    expect((await platform.deployments(20)).map((one) => one.id)).not.toContain(second.id);
    expect((await platform.production()).deployment?.id).toBe(first.id);
  });

  test("deployed once more, the same files run with the variables as they are now, without traffic", async () => {
    await platform.setVariable("LEVEL", "from the project", { secret: false });
    const again = { deployment: first.id, release: "rel_4", version: "v1-again" };
    const made = await built(platform, (await platform.redeploy(again)).id);
    expect((await platform.redeploy(again)).id).toBe(made.id);
    expect(made).toMatchObject({ state: "ready", production: true, release: "rel_4" });
    expect(await says(made.address)).toEqual({ says: "v1", version: "v1-again", level: "from the project" });
    expect((await platform.production()).deployment?.id).toBe(first.id);
    expect((await problemOf(platform.redeploy({ ...again, deployment: "dpl_no", release: "r" }))).code).toBe(
      "ATM-309",
    );
  });

  test("a deployment that nobody knows is not moved to", async () => {
    expect((await problemOf(platform.promote("dpl_none"))).code).toBe("ATM-309");
    expect((await problemOf(platform.rollBack("dpl_none", "x"))).code).toBe("ATM-309");
  });

  test("a wrong token is told as such, and not shown", async () => {
    const stranger = vercelPlatform({
      name: "local",
      api: cloud.apiUrl,
      token: "not_the_token_7",
      project: "shop",
      clock: systemClock,
    });
    const problem = await problemOf(stranger.whoAmI());
    expect(problem.code).toBe("ATM-301");
    expect(JSON.stringify(problem)).not.toContain("not_the_token_7");
    await stranger.close();
  });
});
