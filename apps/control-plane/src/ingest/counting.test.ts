import { fakeClock } from "@atoms/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delivery, logRecord, noon, span, traces } from "./deliveries.contract.js";
import { drainIngest } from "./drain-ingest.js";
import type { IngestLimits } from "./limits.js";

const arms = {
  canary: { deployment: "dpl_b", address: "http://b", headers: {} },
  stable: { deployment: "dpl_a", address: "http://a", headers: {} },
};

/** An ingest at noon, and what its source gives for the seconds from noon on. */
function counting(change: { limits?: Partial<IngestLimits>; slow?: number[]; leaveOut?: string[] } = {}) {
  const clock = fakeClock(noon);
  const ingest = drainIngest({ secretOf: () => "s3cret", clock, slow: change.slow ?? [100], ...change });
  const notes: string[] = [];
  return {
    clock,
    ingest,
    notes,
    async take(body: unknown, drain?: string) {
      expect((await ingest.handle(delivery(body, "s3cret", drain))).status).toBe(200);
    },
    measure: (seconds: number, signal = new AbortController().signal) =>
      ingest.source.measure(arms, { seconds, split: 0.1 }, signal, (note) => notes.push(note)),
    /** The first so many seconds from noon, after deliveries have been made in the middle of them. */
    async window(seconds: number, during: () => Promise<void>) {
      const measured = this.measure(seconds);
      await clock.advance(500);
      await during();
      return clock.runUntil(measured);
    },
  };
}

const at = (ms: number, change: Record<string, unknown> = {}) =>
  logRecord({
    timestamp: noon + ms,
    ...change,
    proxy: { timestamp: noon + ms, ...(change["proxy"] as object) },
  });

describe("a request", () => {
  it.each([
    ["one that was answered", {}, 1, 0],
    ["one with a server error", { statusCode: 503, proxy: { statusCode: 503 } }, 1, 1],
    ["one that the client got wrong", { statusCode: 404, proxy: { statusCode: 404 } }, 1, 0],
    ["one that was never answered", { statusCode: -1, proxy: { statusCode: 504 } }, 1, 1],
    [
      "one that crashed, of which the edge says nothing",
      { statusCode: -1, proxy: { statusCode: undefined } },
      1,
      1,
    ],
    ["one whose status only the record has", { statusCode: 500, proxy: { statusCode: undefined } }, 1, 1],
    ["one that is not over yet", { statusCode: undefined, proxy: { statusCode: undefined } }, 0, 0],
    ["the platform refreshing its cache", { proxy: { statusCode: -1 } }, 0, 0],
    ["a line of a build", { source: "build" }, 0, 0],
    ["what the firewall stopped", { source: "firewall", proxy: { statusCode: 403 } }, 0, 0],
    ["a redirect of the platform", { source: "redirect", proxy: { statusCode: 308 } }, 0, 0],
    ["our own probe", { proxy: { userAgent: ["atoms-validation"] } }, 0, 0],
    ["a path that is left out", { proxy: { path: "/health?x=1" } }, 0, 0],
    ["a path below one that is left out", { proxy: { path: "/health/ready" } }, 0, 0],
    ["a path that only begins alike", { proxy: { path: "/healthy" } }, 1, 0],
    ["one without a deployment", { deploymentId: undefined }, 0, 0],
  ])("%s", async (_, change, requests, errors) => {
    const one = counting({ leaveOut: ["/health"] });
    const [bucket] = await one.window(1, () => one.take([at(300, change)]));
    expect(bucket?.stable).toMatchObject({ requests, errors });
    expect(bucket?.canary).toMatchObject({ requests: 0, errors: 0 });
  });

  it("is counted once, however many lines it printed", async () => {
    const one = counting();
    const [bucket] = await one.window(1, () =>
      one.take([at(300, { requestId: "r1" }), at(310, { requestId: "r1", message: "hello" }), at(900)]),
    );
    expect(bucket?.stable.requests).toBe(2);
  });

  it("that went well in middleware and failed behind it, failed", async () => {
    const one = counting();
    const edge = at(300, { requestId: "r1", source: "edge" });
    const lambda = at(350, { requestId: "r1", statusCode: -1, proxy: { statusCode: 500 } });
    const [bucket] = await one.window(1, () => one.take([edge, lambda, lambda]));
    expect(bucket?.stable).toMatchObject({ requests: 1, errors: 1 });
  });

  it("has the route of its record, where that is a pattern", async () => {
    const one = counting({ limits: { routes: 2 } });
    await one.take([
      at(0, { path: "/orders/[id]", proxy: { path: "/orders/7" } }),
      at(0, { path: "/orders/[id]", proxy: { path: "/orders/8", statusCode: 500 } }),
      at(0, { path: "/plain", proxy: { path: "/plain?a=1" } }),
      at(0, { path: "/b/[c]" }),
      at(0, { path: "/d/[e]" }),
    ]);
    await one.take(traces("dpl_a", [span(9, { attributes: { "http.route": "/orders/[id]" } })]));
    expect(one.ingest.report().deployments[0]?.routes).toEqual([
      { route: "/orders/[id]", requests: 2, errors: 1, timed: 1 },
      { route: "/b/[c]", requests: 1, errors: 0, timed: 0 },
      { route: "(other)", requests: 1, errors: 0, timed: 0 },
    ]);
  });
});

describe("a duration", () => {
  it("comes from the span, the count from the log, whichever is first, and both are in one second", async () => {
    const one = counting();
    const buckets = await one.window(2, async () => {
      await one.take([at(900, { requestId: "r1" })]);
      // The function began in the next second.
      await one.take(
        traces("dpl_a", [span(150, { at: noon + 1_010, attributes: { "vercel.request_id": "r1" } })]),
      );
      await one.take(
        traces("dpl_a", [span(20, { at: noon + 1_300, attributes: { "vercel.request_id": "r2" } })]),
      );
      await one.take([at(1_300, { requestId: "r2" })]);
    });
    expect(buckets.map(({ stable }) => [stable.requests, stable.slow, stable.latency?.length])).toEqual([
      [1, { "100": 1 }, 1],
      [1, { "100": 0 }, 1],
    ]);
    expect(one.notes).toEqual([]);
  });

  it.each([
    ["the platform's span and then the service's", ["outer", "inner"]],
    ["the service's span and then the platform's", ["inner", "outer"]],
  ])("is counted once from %s", async (_, order) => {
    const one = counting();
    const outer = span(50, { spanId: "p1" });
    const inner = span(40, { parentSpanId: "p1" });
    for (const which of order) await one.take(traces("dpl_a", [which === "outer" ? outer : inner]));
    await one.take(traces("dpl_a", [outer, span(1, { kind: 3 }), span(1, { kind: "internal" })]));
    expect(one.ingest.report().records).toMatchObject({ durations: 1 });
  });

  it("is counted for each request of one caller, and for one id only once", async () => {
    const one = counting();
    const same = { parentSpanId: "caller" };
    const named = { attributes: { "vercel.request_id": "r1" } };
    await one.take(traces("dpl_a", [span(1, same), span(2, same), span(3, named), span(4, named)]));
    expect(one.ingest.report().records.durations).toBe(3);
  });

  it("of a request that failed is counted as slow, and not among the latencies", async () => {
    const one = counting();
    const [bucket] = await one.window(1, async () => {
      await one.take([at(100, { statusCode: 500, proxy: { statusCode: 500 } })]);
      await one.take(
        traces("dpl_a", [span(800, { at: noon + 100, attributes: { "http.response.status_code": 500 } })]),
      );
    });
    expect(bucket?.stable).toEqual({ requests: 1, errors: 1, slow: { "100": 1 }, latency: [] });
  });

  it("stands for the request itself where there are traces and no logs", async () => {
    const one = counting();
    const [bucket] = await one.window(1, () =>
      one.take(traces("dpl_a", [span(30, { kind: 2 }), span(200, { kind: 2, status: { code: 2 } })])),
    );
    expect(bucket?.stable).toMatchObject({ requests: 2, errors: 1, slow: { "100": 1 } });
    expect(one.notes).toEqual([expect.stringContaining("traces and no logs")]);
  });

  it("that only some requests have, says nothing about how many were slow", async () => {
    const one = counting();
    const [bucket] = await one.window(1, async () => {
      await one.take([at(100), at(200), at(300, { deploymentId: "dpl_b" })]);
      await one.take(traces("dpl_a", [span(800, { at: noon + 100 })]));
      await one.take(traces("dpl_b", [span(800, { at: noon + 300 })]));
    });
    expect(bucket?.stable.slow).toBeUndefined();
    expect(bucket?.canary.slow).toEqual({ "100": 1 });
    expect(one.notes).toEqual([
      "1 of 2 requests of the stable dpl_a came with a duration, so slow ones are not counted.",
    ]);
  });
});

describe("the call of a tool", () => {
  const line = (change: Record<string, unknown>, ms = 100) => ({
    id: `line_${Math.random()}`,
    deploymentId: "dpl_a",
    source: "lambda",
    timestamp: noon + ms,
    level: "info",
    message: JSON.stringify({ event: "request", tool: "query_tool", status: 200, ...change }),
  });

  it("is counted from what the service writes down", async () => {
    const one = counting();
    const again = line({});
    const [bucket] = await one.window(1, () =>
      one.take([
        again,
        again,
        line({ error_type: "server_error" }),
        line({ error_type: "unavailable" }),
        line({ error_type: "validation_error" }),
        line({ event: "tool" }),
        line({ tool: undefined }),
        { ...line({}), message: '{"tool": broken' },
        { ...line({}), message: 'a sentence about a "tool"' },
      ]),
    );
    expect(bucket?.stable.tools).toEqual({ calls: 4, errors: 2 });
    expect(bucket?.stable.requests).toBe(0);
  });

  it("is counted from spans, and not once more from lines", async () => {
    const one = counting();
    const call = (attributes: Record<string, unknown>) => span(5, { kind: 1, attributes });
    const [bucket] = await one.window(1, async () => {
      await one.take(
        traces("dpl_a", [
          call({ "mcp.method.name": "tools/call" }),
          call({ "gen_ai.operation.name": "execute_tool", "error.type": "tool_error" }),
          call({ "mcp.method.name": "tools/list" }),
        ]),
      );
      await one.take([line({})]);
    });
    expect(bucket?.stable.tools).toEqual({ calls: 2, errors: 1 });
  });

  it("is absent where nobody tells of one", async () => {
    const one = counting();
    const [bucket] = await one.window(1, () => one.take([at(100)]));
    expect(bucket?.stable.tools).toBeUndefined();
  });
});

describe("time", () => {
  it("is cut into whole seconds, and one window goes on where the last one ended", async () => {
    const one = counting();
    await one.clock.advance(300);
    const first = await one.clock.runUntil(one.measure(2));
    expect(first.map(({ start }) => start)).toEqual([noon + 1_000, noon + 2_000]);
    // Two seconds were spent waiting for records; they are not lost.
    const again = await one.clock.runUntil(one.measure(2));
    expect(again.map(({ start }) => start)).toEqual([noon + 3_000, noon + 4_000]);
    await one.clock.advance(7_000);
    const later = await one.clock.runUntil(one.measure(2));
    expect(later[0]?.start).toBe(noon + 5_000);
    expect(later.at(-1)?.start).toBe(noon + 11_000);
    await one.clock.advance(60_000);
    expect((await one.clock.runUntil(one.measure(1)))[0]?.start).toBeGreaterThan(noon + 60_000);
  });

  it("does not go back: a record that comes late counts in the next window, for both arms alike", async () => {
    const one = counting();
    await one.window(1, () => one.take([at(100)]));
    await one.take([at(200), at(300, { deploymentId: "dpl_b", statusCode: -1 })]);
    const next = await one.clock.runUntil(one.measure(1));
    expect(next[0]).toMatchObject({
      start: noon + 1_000,
      stable: { requests: 1, errors: 0 },
      canary: { requests: 1, errors: 1 },
    });
    expect(one.ingest.report().records.late).toBe(2);
  });

  it("too long ago is not counted, and time to come is now", async () => {
    const one = counting({ limits: { keepMs: 60_000 } });
    const [bucket] = await one.window(1, () => one.take([at(-60_000), at(3_600_000)]));
    expect(bucket?.stable.requests).toBe(1);
    expect(one.ingest.report().records).toMatchObject({ tooOld: 1, requests: 1 });
  });

  it("runs out when the signal fires: the seconds that were settled are given", async () => {
    const one = counting();
    const stop = new AbortController();
    const measured = one.measure(60, stop.signal);
    await one.clock.advance(100);
    await one.take([at(50)]);
    await one.clock.advance(4_500);
    stop.abort(new Error("enough"));
    const buckets = await measured;
    expect(buckets.map(({ stable }) => stable.requests)).toEqual([1, 0]);
    expect(await one.measure(1, stop.signal)).toEqual([]);
  });

  it("in which nothing was told is said to be so", async () => {
    const one = counting();
    const buckets = await one.window(2, () => one.take([at(100, { deploymentId: "dpl_c" })]));
    expect(buckets.every(({ canary, stable }) => canary.requests + stable.requests === 0)).toBe(true);
    expect(one.notes).toEqual(["No drain told of a request to dpl_b or dpl_a in 2 s."]);
  });
});

describe("memory", () => {
  it("is kept for so many deployments; the one that was silent longest goes", async () => {
    const one = counting({ limits: { deployments: 3 } });
    for (const deploymentId of ["dpl_1", "dpl_2", "dpl_3", "dpl_1", "dpl_4"]) {
      await one.clock.advance(10);
      await one.take([at(0, { deploymentId })]);
    }
    expect(one.ingest.report().deployments.map(({ deployment }) => deployment)).toEqual([
      "dpl_4",
      "dpl_1",
      "dpl_3",
    ]);
  });

  it("of a request fades after many others, but not of the newest", async () => {
    const one = counting({ limits: { rememberedRecords: 100 } });
    const first = at(0);
    await one.take([first, ...Array.from({ length: 49 }, () => at(0)), first]);
    expect(one.ingest.report().records).toMatchObject({ requests: 50, repeated: 1 });
    await one.take(Array.from({ length: 60 }, () => at(0)));
    await one.take([first]);
    expect(one.ingest.report().records).toMatchObject({ requests: 111, repeated: 1 });
  });
});

describe("whatever is sent", () => {
  const weird = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("dpl_a", "lambda", "", 200, -1, 500, noon, `${noon}000000`, null, true, [], {}),
      fc.string(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          "deploymentId",
          "source",
          "proxy",
          "statusCode",
          "timestamp",
          "requestId",
          "id",
          "path",
          "userAgent",
          "message",
          "resourceSpans",
          "resource",
          "scopeSpans",
          "spans",
          "attributes",
          "key",
          "value",
          "stringValue",
          "kind",
          "spanId",
          "parentSpanId",
          "startTimeUnixNano",
          "endTimeUnixNano",
          "status",
        ),
        tie("value"),
        { maxKeys: 8 },
      ),
    ),
  }));

  it("is answered, and never makes more requests than records", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(weird.value, { maxLength: 8 }), fc.boolean(), async (all, lines) => {
        const one = counting();
        const body = lines ? all.map((entry) => JSON.stringify(entry)).join("\n") : JSON.stringify(all);
        const answer = await one.ingest.handle(delivery(body));
        expect([200, 400]).toContain(answer.status);
        const { records } = one.ingest.report();
        expect(records.requests).toBeLessThanOrEqual(records.read);
      }),
    );
  });

  it("every request is in exactly one bucket of its own deployment, in any order and in any cut", async () => {
    const one = fc.record({
      deploymentId: fc.constantFrom("dpl_a", "dpl_b", "dpl_c"),
      ms: fc.integer({ min: 0, max: 2_999 }),
      failed: fc.boolean(),
      lines: fc.integer({ min: 1, max: 3 }),
      again: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (all, cut) => {
        const under = counting();
        const records = all.flatMap(({ deploymentId, ms, failed, lines }, i) =>
          Array.from({ length: lines }, () =>
            at(ms, {
              deploymentId,
              requestId: `r${i}`,
              statusCode: failed ? 500 : 200,
              proxy: { statusCode: failed ? 500 : 200 },
            }),
          ),
        );
        const buckets = await under.window(3, async () => {
          await under.clock.advance(2_600);
          for (let i = 0; i < records.length; i += cut) {
            const part = records.slice(i, i + cut);
            await under.take(part);
            if (all[i % all.length]?.again) await under.take(part);
          }
        });
        for (const [arm, deployment] of [["stable", "dpl_a"] as const, ["canary", "dpl_b"] as const]) {
          for (const second of [0, 1, 2]) {
            const own = all.filter(
              ({ deploymentId, ms }) => deploymentId === deployment && Math.floor(ms / 1_000) === second,
            );
            expect(buckets[second]?.[arm]).toMatchObject({
              requests: own.length,
              errors: own.filter(({ failed }) => failed).length,
            });
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
