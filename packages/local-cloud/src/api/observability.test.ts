import { requestEventsAnswer, runtimeEventsAnswer } from "@atoms/vercel";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";
import { eventFilter, FilterError } from "./event-filter.js";

describe("a filter", () => {
  const event = { deploymentId: "dpl_x", httpStatus: 503, requestPath: "/a b", branch: null };
  it.each([
    ["", true],
    ['(deploymentId:"dpl_x")', true],
    ["deploymentId:dpl_y", false],
    ['(NOT pathType:"background_func") AND (httpStatus >= 500)', true],
    ["httpStatus < 500 OR deploymentId:dpl_x", true],
    ["NOT (httpStatus >= 500 OR deploymentId:dpl_y)", false],
    ['requestPath:"/a b"', true],
    ["requestPath:/b*", false],
    ['requestPath:"/a*"', true],
    ["httpStatus != 503", false],
    ["branch:main", false],
    ["httpStatus >= 500 deploymentId:dpl_x", true],
  ])("%s: %s", (text, fits) => {
    expect(eventFilter(text)(event)).toBe(fits);
  });

  it("is either understood or refused, never anything else", () => {
    const part = fc.constantFrom(
      "(",
      ")",
      "AND",
      "OR",
      "NOT",
      "a",
      ":",
      ">=",
      '"x"',
      " ",
      "'",
      '"',
      "\\",
      "!",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        try {
          expect(typeof eventFilter(parts.join(" "))(event)).toBe("boolean");
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("observed events", () => {
  let t: CloudUnderTest;
  let projectId: string;
  beforeAll(async () => {
    t = await CloudUnderTest.start();
    const one = await t.deploy(
      "seen",
      nodeService(
        'console.log("line", request.url); if (request.url === "/bad") response.statusCode = 500; setTimeout(() => response.end(), 60);',
      ),
      { target: "production" },
    );
    projectId = one.projectId;
    for (const path of ["/a", "/b", "/bad"]) await t.visit("seen.localhost", path);
  });
  afterAll(() => t.end());

  const ask = (event: string, more: object = {}) =>
    t.api("POST", "/v1/observability/events", {
      event,
      scope: { ownerId: t.cloud.team.id, projectIds: [projectId] },
      timeRange: {
        start: new Date(Date.now() - 60_000).toISOString(),
        end: new Date(Date.now() + 1_000).toISOString(),
      },
      ...more,
    });

  it("are requests, newest first, filtered and paged", async () => {
    const all = requestEventsAnswer.parse((await ask("vercel.proxy_response")).body);
    expect(all.events.map((event) => event.requestPath)).toEqual(["/bad", "/b", "/a"]);
    const bad = requestEventsAnswer.parse(
      (await ask("vercel.proxy_response", { filter: "(httpStatus >= 500)" })).body,
    );
    expect(bad.events.map((event) => event.requestPath)).toEqual(["/bad"]);
    const first = (await ask("vercel.proxy_response", { limit: 2 })).body;
    expect(first.pagination).toEqual({ hasMore: true, nextCursor: "2" });
    const second = (await ask("vercel.proxy_response", { limit: 2, cursor: "2" })).body;
    expect([second.events.length, second.pagination.hasMore]).toEqual([1, false]);
  });

  it("are lines with the request they belong to", async () => {
    const { events } = runtimeEventsAnswer.parse(
      (await ask("vercel.log", { filter: 'requestPath:"/b"' })).body,
    );
    expect(events).toMatchObject([
      { message: "line /b", requestMethod: "GET", domain: "seen.localhost", level: "info" },
    ]);
  });

  it("are refused for a filter that is none", async () => {
    const answer = await ask("vercel.log", { filter: "(a" });
    expect([answer.status, answer.body.error.code]).toEqual([400, "invalid_filter"]);
  });
});

it("custom environments give deployments their own variables", async () => {
  const t = await CloudUnderTest.start();
  try {
    await t.api("POST", "/v1/projects", { name: "custom" });
    const made = await t.api("POST", "/v9/projects/custom/custom-environments", {
      slug: "staging",
      description: "before production",
    });
    expect([made.status, made.body.slug]).toEqual([201, "staging"]);
    expect((await t.api("POST", "/v9/projects/custom/custom-environments", { slug: "staging" })).status).toBe(
      409,
    );
    await t.api("POST", "/v10/projects/custom/env", {
      key: "WHERE",
      value: "staging",
      type: "plain",
      target: [],
      customEnvironmentIds: [made.body.id],
    });
    const one = await t.deploy("custom", nodeService("response.end(process.env.WHERE ?? 'nowhere');"), {
      customEnvironmentSlugOrId: "staging",
    });
    expect([(await t.visit(one.url)).body, one.customEnvironment.id]).toEqual(["staging", made.body.id]);
    for (const name of ["staging", made.body.id]) {
      const pulled = await t.api("GET", `/v3/env/pull/custom/${name}`);
      expect([name, pulled.body.env]).toEqual([name, { WHERE: "staging" }]);
      const listed = await t.api("GET", `/v6/deployments?projectId=${one.projectId}&target=${name}`);
      expect(listed.body.deployments.map((each: { uid: string }) => each.uid)).toEqual([one.id]);
    }
    const previews = await t.api("GET", `/v6/deployments?projectId=${one.projectId}&target=preview`);
    expect(previews.body.deployments).toEqual([]);
    for (const [query, count] of [
      ["target=staging", 1],
      ["customEnvironmentSlug=staging", 1],
      [`customEnvironmentId=${made.body.id}`, 1],
      ["target=preview", 0],
    ]) {
      const { envs } = (await t.api("GET", `/v10/projects/custom/env?${query}`)).body;
      expect([query, envs.length]).toEqual([query, count]);
    }
    const again = { key: "WHERE", value: "x", customEnvironmentIds: [made.body.id] };
    const conflict = await t.api("POST", "/v10/projects/custom/env", again);
    expect(conflict.body.error.message).toContain("for the target staging.");
    const files = [{ file: "index.html", data: "x" }];
    expect(
      (await t.api("POST", "/v13/deployments", { name: "custom", customEnvironmentSlugOrId: "none", files }))
        .status,
    ).toBe(404);
    expect((await t.api("DELETE", `/v9/projects/custom/custom-environments/staging`)).status).toBe(200);
    expect((await t.api("GET", "/projects/custom/custom-environments")).body).toMatchObject({
      environments: [],
    });
  } finally {
    await t.end();
  }
});
