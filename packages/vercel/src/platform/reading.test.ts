import { describe, expect, test } from "vitest";
import { order, platformOf, tiny, twoDeployments, withTinyVercel } from "../testing/platform-under-test.js";

withTinyVercel();

describe("reading", () => {
  test("a deployment by id, host, host with a port, and address; undefined when there is none", async () => {
    const platform = platformOf();
    const [first] = await twoDeployments(platform);
    const url = tiny.deployments[0]?.url as string;
    for (const name of [first, url, `${url}:4310`, `http://${url}:4310/`, "shop.example"]) {
      expect((await platform.deployment(name))?.id, name).toBe(first);
    }
    expect(await platform.deployment("dpl_none")).toBeUndefined();
  });

  test("states are ours, and a state that is not known yet is no success", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    const made = tiny.deployments[0] as (typeof tiny.deployments)[number];
    const seen: Record<string, string | undefined> = {};
    for (const state of ["QUEUED", "BUILDING", "READY", "ERROR", "CANCELED", "BLOCKED", "ASCENDING"]) {
      made.readyState = state;
      seen[state] = (await platform.deployment(id))?.state;
    }
    expect(seen).toEqual({
      QUEUED: "building",
      BUILDING: "building",
      READY: "ready",
      ERROR: "failed",
      CANCELED: "cancelled",
      BLOCKED: "failed",
      ASCENDING: "building",
    });
  });

  test("lists newest first, over pages", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    for (let at = 0; at < 5; at++) await platform.createDeployment(order(`r${at}`));
    expect((await platform.deployments(3)).map((one) => one.release)).toEqual(["r4", "r3", "r2"]);
    expect((await platform.deployments(99)).map((one) => one.release)).toHaveLength(5);
  });

  test("local addresses go over the traffic listener", async () => {
    const platform = platformOf({ name: "local", edgeUrl: "http://127.0.0.1:4310" });
    await twoDeployments(platform);
    const production = await platform.production();
    expect(production.hosts).toEqual(["http://shop.example:4310", "http://www.shop.example:4310"]);
    expect(production.deployment?.address).toMatch(/^http:\/\/shop-\d+\.example:4310$/);
  });

  test("branch domains, redirects, wildcards and unverified domains are no production hosts; an own list wins", async () => {
    const [one] = tiny.domains;
    tiny.domains.push(
      { ...(one as NonNullable<typeof one>), name: "branch.example", gitBranch: "dev" },
      { ...(one as NonNullable<typeof one>), name: "old.example", redirect: "shop.example" },
      { ...(one as NonNullable<typeof one>), name: "soon.example", verified: false },
      { ...(one as NonNullable<typeof one>), name: "*.shop.example" },
    );
    await platformOf().ensureProject();
    expect((await platformOf().production()).hosts).toEqual([
      "https://shop.example",
      "https://www.shop.example",
    ]);
    const own = platformOf({ productionHosts: ["api.example"] });
    expect((await own.production()).hosts).toEqual(["https://api.example"]);
  });

  test("logs: build, runtime and requests in the order of time", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    expect((await platform.logs(id, 10)).map(({ source, level, text }) => [source, level, text])).toEqual([
      ["build", "info", "npm install"],
      ["build", "info", "exit 1"],
      ["runtime", "error", "boom"],
      ["request", "error", "GET a.b/ 500"],
    ]);
    expect(await platform.logs(id, 2)).toHaveLength(2);
  });

  test("logs: that there are no runtime lines is said, not hidden", async () => {
    const platform = platformOf();
    const [id] = await twoDeployments(platform);
    tiny.fail(/observability/, {
      how: { status: 403, body: { error: { code: "forbidden", message: "not in your plan" } } },
      times: 2,
    });
    expect((await platform.logs(id, 10)).at(-1)?.text).toContain("not in your plan");
  });
});
