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

  test("counts of requests, of both arms and by status, and nothing of other groups", async () => {
    const platform = platformOf();
    const [one, two] = await twoDeployments(platform);
    const from = Date.parse("2026-01-01T00:00:00Z");
    const question = { deployments: [one, two], from, to: from + 600_000 };
    const counts = await platform.requestCounts(question, new AbortController().signal);
    expect(counts).toEqual([
      { at: from, deployment: one, status: 200, requests: 40 },
      { at: from + 300_000, deployment: one, status: 500, requests: 2 },
    ]);
    expect(tiny.metricsAsked.at(-1)).toMatchObject({
      scope: { type: "project", projectIds: ["prj_1"] },
      metric: "vercel.request.count",
      startTime: "2026-01-01T00:00:00.000Z",
      endTime: "2026-01-01T00:10:00.000Z",
      granularity: { minutes: 5 },
      groupBy: ["deployment_id", "http_status"],
      filter: `deployment_id eq '${one}' or deployment_id eq '${two}'`,
    });
  });

  test.each([402, 403])(
    "counts that the plan or the role does not give (%i) are explained",
    async (status) => {
      const platform = platformOf();
      const [one] = await twoDeployments(platform);
      tiny.fail(/observability/, { how: { status, body: { error: { code: "no", message: "Not yours." } } } });
      const asked = platform.requestCounts(
        { deployments: [one], from: 0, to: 1 },
        new AbortController().signal,
      );
      await expect(asked).rejects.toMatchObject({ code: "ATM-542" });
      await asked.catch((problem) => expect(problem.toJSON().fix).toContain("Observability Plus"));
    },
  );
});
