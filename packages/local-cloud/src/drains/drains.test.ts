import { isDeliverySigned, logDrainRecord, drain as wireDrain } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, eventually, nodeService } from "../testing/cloud-under-test.js";
import { Receiver } from "../testing/receiver.js";

let t: CloudUnderTest;
let receiver: Receiver;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

const SERVICE = nodeService(
  'console.log("saw", request.url); if (request.url === "/bad") response.statusCode = 503; if (request.url === "/crash") process.exit(1); setTimeout(() => response.end("x"), 60);',
);

async function drained(body: Record<string, unknown>) {
  receiver = await Receiver.start();
  const { delivery, ...rest } = body;
  const made = await t.api("POST", "/v1/drains", {
    name: "test",
    projects: "all",
    schemas: { log: { version: "v1" } },
    ...rest,
    delivery: {
      type: "http",
      endpoint: `${receiver.url}/in`,
      encoding: "json",
      headers: {},
      ...(delivery as object),
    },
  });
  expect(made.status).toBe(200);
  expect(() => wireDrain.parse(made.body)).not.toThrow();
  return {
    id: made.body.id as string,
    end: async () => {
      expect((await t.api("DELETE", `/v1/drains/${made.body.id}`)).status).toBe(204);
      await receiver.end();
    },
  };
}

describe("a log drain", () => {
  it("gets every request with its deployment, status and time, signed", async () => {
    const one = await t.deploy("drained", SERVICE, { target: "production" });
    const drain = await drained({ delivery: { secret: "drain-secret", headers: { "x-mine": "yes" } } });
    for (const path of ["/a?b=1", "/bad", "/crash"]) await t.visit("drained.localhost", path);
    const records = await eventually(() => {
      const found = receiver.records().filter((record) => record.proxy);
      return found.length === 3 ? found : null;
    });
    for (const record of receiver.records()) expect(() => logDrainRecord.parse(record)).not.toThrow();
    expect(records).toMatchObject([
      {
        deploymentId: one.id,
        projectId: one.projectId,
        source: "lambda",
        level: "info",
        statusCode: 200,
        environment: "production",
      },
      { level: "error", statusCode: 503, proxy: { statusCode: 503 } },
      { level: "error", statusCode: -1, proxy: { statusCode: 500 }, message: "FUNCTION_INVOCATION_FAILED" },
    ]);
    expect(records[0].proxy).toMatchObject({
      method: "GET",
      path: "/a?b=1",
      host: "drained.localhost",
      clientIp: "127.0.0.1",
    });
    for (const { headers, body } of receiver.received) {
      expect(headers["x-mine"]).toBe("yes");
      expect(isDeliverySigned(body, String(headers["x-vercel-signature"]), "drain-secret")).toBe(true);
    }
    const printed = receiver.records().filter((record) => record.message?.startsWith("saw"));
    expect(printed).toMatchObject([
      { message: "saw /a?b=1", type: "stdout", requestId: records[0].id },
      {},
      {},
    ]);
    expect(JSON.stringify((await t.api("GET", "/v1/drains")).body)).not.toContain("drain-secret");
    await drain.end();
  });

  it("is batched, and sent again until it is taken, without a loss or a repetition", async () => {
    await t.deploy("again", SERVICE, { target: "production" });
    const drain = await drained({ delivery: { encoding: "ndjson", compression: "gzip" } });
    let refusals = 2;
    receiver.answer = () => (refusals-- > 0 ? 500 : 200);
    await Promise.all(Array.from({ length: 60 }, (_, i) => t.visit("again.localhost", `/n${i}`)));
    const records = await eventually(() => {
      const found = receiver.records().filter((record) => record.proxy);
      return found.length >= 60 ? found : null;
    });
    expect(new Set(records.map((record) => record.path)).size).toBe(60);
    expect(records).toHaveLength(60);
    expect(receiver.received.length).toBeLessThan(20);
    await drain.end();
  });

  it("takes only the projects, environments and sources it asks for", async () => {
    const other = await t.deploy("other", SERVICE, { target: "production" });
    const wanted = await t.deploy("wanted", SERVICE, { target: "production" });
    const preview = await t.deploy("wanted", SERVICE);
    const filter = {
      version: "v1",
      filter: { type: "basic", deployment: { environments: ["preview"] }, log: { sources: ["lambda"] } },
    };
    const drain = await drained({ projects: "some", projectIds: [wanted.projectId], filter });
    for (const one of [other, wanted, preview]) await t.visit(one.url, "/x");
    await t.deploy("wanted", SERVICE);
    await eventually(() => receiver.records().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const seen = new Set(receiver.records().map((record) => record.deploymentId));
    expect([...seen]).toEqual([preview.id]);
    await drain.end();
  });

  it("can be tried, changed and refused", async () => {
    const drain = await drained({});
    const tried = await t.api("POST", "/v1/drains/test", {
      schemas: { log: { version: "v1" } },
      delivery: { type: "http", endpoint: receiver.url, encoding: "json" },
    });
    expect(tried.body).toMatchObject({ status: "success", verification: { verified: false } });
    const sample = JSON.parse(receiver.received.at(-1)?.body ?? "");
    expect(logDrainRecord.parse(sample[0]).message).toContain("test");
    const delivery = { type: "http", endpoint: receiver.url, encoding: "ndjson", compression: "gzip" };
    await t.api("POST", "/v1/drains/test", { schemas: { trace: {} }, delivery });
    const traced = JSON.parse(receiver.received.at(-1)?.body ?? "");
    expect(traced.resourceSpans[0].scopeSpans[0].spans).toHaveLength(1);
    await t.api("POST", "/v1/drains/test", { schemas: { log: {} }, delivery });
    const lines = receiver.received.at(-1);
    expect(lines?.headers).toMatchObject({
      "content-type": "application/x-ndjson",
      "content-encoding": "gzip",
    });
    expect(lines?.body.split("\n")).toHaveLength(2);
    const changed = await t.api("PATCH", `/v1/drains/${drain.id}`, { name: "renamed" });
    expect([changed.body.name, changed.body.delivery.endpoint]).toEqual(["renamed", `${receiver.url}/in`]);
    const bad = await t.api("POST", "/v1/drains", {
      name: "x",
      schemas: { log: {} },
      delivery: { type: "http", endpoint: "file:///etc/passwd", encoding: "json" },
    });
    expect([bad.status, bad.body.error.code]).toEqual([400, "bad_request"]);
    await drain.end();
    expect((await t.api("GET", `/v1/drains/${drain.id}`)).status).toBe(404);
  });
});

it("a receiver shows by its answer that it belongs to the team", async () => {
  const drain = await drained({});
  const shown = async () => (await t.api("GET", `/v1/drains/${drain.id}`)).body.verification;
  const { code, verified } = await shown();
  expect([code, verified]).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/), false]);
  const one = await t.deploy("verified", SERVICE, { target: "production" });
  receiver.headers = { "x-vercel-verify": code };
  await t.visit(one.url);
  await eventually(async () => (await shown()).verified);
  receiver.headers = { "x-vercel-verify": "somebody else's" };
  await t.visit(one.url);
  await eventually(async () => !(await shown()).verified);
  await drain.end();
});

describe("a trace drain", () => {
  it("gets each request as an OTLP span with its duration, in the visitor's trace", async () => {
    const slow = nodeService("setTimeout(() => response.end(request.headers.traceparent), 120);");
    const one = await t.deploy("traced", slow, { target: "production" });
    await t.visit("traced.localhost");
    const drain = await drained({ schemas: { trace: { version: "v1" } }, delivery: { secret: "s" } });
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const seen = await t.visit("traced.localhost", "/t?q=1", {
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    });
    const { resourceSpans } = await eventually(() =>
      receiver.received[0] ? JSON.parse(receiver.received[0].body) : null,
    );
    const attributes = (list: { key: string; value: Record<string, string> }[]) =>
      Object.fromEntries(list.map(({ key, value }) => [key, value["stringValue"] ?? value["intValue"]]));
    expect(attributes(resourceSpans[0].resource.attributes)).toMatchObject({
      "vercel.deployment_id": one.id,
      "service.name": "traced",
    });
    const [span] = resourceSpans[0].scopeSpans[0].spans;
    expect(span).toMatchObject({ traceId: trace, parentSpanId: "b7ad6b7169203331", name: "GET /t", kind: 2 });
    expect(attributes(span.attributes)).toMatchObject({
      "http.response.status_code": "200",
      "url.path": "/t",
    });
    const ms = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
    expect(ms).toBeGreaterThan(110);
    expect(ms).toBeLessThan(10_000);
    expect(seen.body).toBe(`00-${trace}-${span.spanId}-01`);
    expect(receiver.received[0]?.headers["x-vercel-signature"]).toMatch(/^[0-9a-f]{40}$/);
    await drain.end();
  });
});
