import { metricsAnswer } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";
import { metricsFilter } from "./metrics.js";

it.each([
  ["", true],
  ["deployment_id eq 'dpl_x'", true],
  ["deployment_id eq 'dpl_y' or http_status eq '503'", true],
  ["deployment_id eq 'dpl_x' and http_status ne '503'", false],
  ["deployment_id eq 'a or b' or deployment_id eq 'dpl_x'", true],
])("the filter %s: %s", (text, fits) => {
  const event = { deployment_id: "dpl_x", http_status: "503", environment: "production", project_id: "prj" };
  expect(metricsFilter(text)(event)).toBe(fits);
});

it.each(["(deployment_id eq 'x')", "path eq 'x'", "deployment_id eq x", "deployment_id gt 'x'"])(
  "the filter %s is refused",
  (text) => expect(() => metricsFilter(text)).toThrow(/not understood/),
);

describe("how many requests there were", () => {
  let t: CloudUnderTest;
  let ids: { id: string; projectId: string };
  beforeAll(async () => {
    t = await CloudUnderTest.start();
    ids = await t.deploy(
      "counted",
      nodeService('response.statusCode = request.url === "/bad" ? 500 : 200; response.end();'),
      { target: "production" },
    );
    for (const path of ["/a", "/b", "/bad"]) await t.visit("counted.localhost", path);
  });
  afterAll(() => t.end());

  const ask = (more: object = {}) =>
    t.api("POST", "/v2/observability/query", {
      scope: { type: "project", ownerId: t.cloud.team.id, projectIds: [ids.projectId] },
      metric: "vercel.request.count",
      aggregation: "sum",
      startTime: new Date(Date.now() - 300_000).toISOString(),
      endTime: new Date().toISOString(),
      granularity: { minutes: 5 },
      groupBy: ["deployment_id", "http_status"],
      filter: `deployment_id eq '${ids.id}'`,
      ...more,
    });
  const counted = async (more: object = {}) => {
    const { data, summary } = metricsAnswer.parse((await ask(more)).body);
    for (const { timestamp } of data) expect(Date.parse(timestamp) % 300_000).toBe(0);
    return summary.map((row) => [row["http_status"], row["vercel_request_count_sum"]]);
  };

  it("is told by deployment and status, in whole buckets", async () => {
    expect(await counted()).toEqual([
      ["200", 2],
      ["500", 1],
    ]);
    expect(await counted({ filter: "http_status eq '500'" })).toEqual([["500", 1]]);
    expect(await counted({ filter: "deployment_id eq 'dpl_none'" })).toEqual([]);
    expect(await counted({ limit: 1 })).toEqual([["200", 2]]);
    expect(await counted({ scope: { projectIds: ["prj_none"] } })).toEqual([]);
  });

  it("is known after a restart", async () => {
    await t.restart();
    expect(await counted({ filter: "http_status eq '500'" })).toEqual([["500", 1]]);
  });

  it.each([
    {
      given: "a metric that is not counted",
      more: { metric: "vercel.request.bytes" },
      code: "unknown_metric",
    },
    { given: "a filter that is none", more: { filter: "status = 5" }, code: "invalid_filter" },
    { given: "an end before the start", more: { endTime: "2020-01-01T00:00:00Z" }, code: "bad_request" },
  ])("is refused for $given", async ({ more, code }) => {
    const answer = await ask(more);
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
  });
});
