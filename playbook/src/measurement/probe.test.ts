import { afterAll, describe, expect, it } from "vitest";
import type { ArmCounts, Bucket } from "../statistics/index.js";
import { RecordedBucket } from "../statistics/index.js";
import * as twins from "../validation/twins.contract.js";
import type { ArmTarget } from "./model.js";
import { probeSource } from "./probe.js";
import { ProbeSettings } from "./settings.js";

type Setup = {
  canary?: twins.Difference;
  stable?: twins.Difference;
  settings?: Record<string, unknown>;
  validation?: (settings: Record<string, unknown>) => void;
  bearerToken?: () => Promise<string | undefined>;
  target?: Partial<ArmTarget>;
};

/** Probes per second to each arm. */
const RATE = 10;
/** From how many milliseconds on an answer is slow. */
const SLOW = 2_500;

/** The tests run side by side, so what one has opened is closed when all are done. */
const open: twins.Twin[] = [];
afterAll(async () => {
  await Promise.all(open.map((twin) => twin.close()));
});

/** A source, and two services that it probes. */
async function probing({ canary, stable, settings = {}, validation, bearerToken, target = {} }: Setup) {
  const arm = async (deployment: string, difference: twins.Difference = () => undefined) => {
    const twin = await twins.startTwin(difference);
    open.push(twin);
    return { twin, target: { deployment, address: twin.address, headers: {}, ...target } };
  };
  const both = { canary: await arm("dpl_canary", canary), stable: await arm("dpl_stable", stable) };
  const source = probeSource(
    {
      // Few probes with much time: what is tested here is counting, and a busy machine must not change a count.
      settings: ProbeSettings.parse({ rate: RATE, timeout: "20s", ...settings }),
      validation: twins.everything(validation),
      slow: [SLOW],
    },
    twins.ports(bearerToken === undefined ? {} : { bearerToken }),
  );
  const notes: string[] = [];
  const arms = { canary: both.canary.target, stable: both.stable.target };
  return {
    source,
    arms,
    notes,
    canary: both.canary.twin,
    stable: both.stable.twin,
    measure: (seconds: number, signal = new AbortController().signal) =>
      source.measure(arms, { seconds, split: 0 }, signal, (note) => notes.push(note)),
  };
}

const sum = (buckets: readonly Bucket[], arm: "canary" | "stable", of: (counts: ArmCounts) => number) =>
  buckets.reduce((so, bucket) => so + of(bucket[arm]), 0);
const requests = (c: ArmCounts) => c.requests;
const errors = (c: ArmCounts) => c.errors;
const slow = (c: ArmCounts) => c.slow?.[SLOW] ?? Number.NaN;
const timed = (c: ArmCounts) => (c.latency ?? []).reduce((so, [, count]) => so + count, 0);
const calls = (c: ArmCounts) => c.tools?.calls ?? 0;
const failedCalls = (c: ArmCounts) => c.tools?.errors ?? 0;

/** A service without tools. */
const plain = (settings: Record<string, unknown>) => {
  Object.assign(settings["smoke"] as object, { mcp: false });
};
const hello: twins.Difference = ({ path }) =>
  path.startsWith("/hello") ? { status: 200, body: "hello" } : undefined;
const toolCalls = (twin: twins.Twin) => twin.asked.filter(({ rpc }) => rpc["method"] === "tools/call");

describe.concurrent("probing paths", () => {
  const paths = { validation: plain, settings: { paths: ["/hello"] } };

  it("asks both arms on schedule, and gives a bucket a second", async () => {
    const probe = await probing({ ...paths, canary: hello, stable: hello });
    const before = Date.now();
    const buckets = await probe.measure(2);
    expect(buckets).toHaveLength(2);
    expect(buckets.map((b) => b.start - (buckets[0]?.start ?? 0))).toEqual([0, 1_000]);
    expect(buckets[0]?.start).toBeGreaterThanOrEqual(before);
    for (const bucket of buckets) {
      expect(() => RecordedBucket.parse(bucket)).not.toThrow();
      for (const arm of [bucket.canary, bucket.stable]) {
        expect(arm).toMatchObject({ requests: RATE, errors: 0, slow: { [SLOW]: 0 } });
        expect(timed(arm)).toBe(RATE);
        expect(arm.tools).toBeUndefined();
      }
    }
    expect(probe.canary.asked).toHaveLength(2 * RATE);
    expect(probe.notes).toEqual([]);
  });

  it("sends the token, the probe header, the arm's own headers and its query", async () => {
    const probe = await probing({
      ...paths,
      canary: hello,
      stable: hello,
      target: { headers: { "x-bypass": "let-me-in" }, query: { vcrrForceCanary: "true" } },
    });
    await probe.measure(1);
    for (const { path, headers } of probe.canary.asked) {
      expect(path).toBe("/hello?vcrrForceCanary=true");
      expect(headers).toMatchObject({
        authorization: `Bearer ${twins.token}`,
        "x-atoms-probe": twins.probe,
        "x-bypass": "let-me-in",
      });
    }
  });

  it("does not wait for a stalled arm, and counts what it left unanswered as errors as long as the timeout", async () => {
    const probe = await probing({
      ...paths,
      settings: { paths: ["/hello"], timeout: "3s" },
      canary: () => "hang",
      stable: hello,
    });
    const began = performance.now();
    const buckets = await probe.measure(1);
    // One after the other they would take as many time-outs as there are probes.
    expect(performance.now() - began).toBeLessThan((RATE * 3_000) / 2);
    // Both halves of a turn are in one bucket, though one of them ended seconds later.
    expect(buckets).toHaveLength(1);
    expect(sum(buckets, "canary", requests)).toBe(RATE);
    expect(sum(buckets, "canary", errors)).toBe(RATE);
    expect(sum(buckets, "canary", slow)).toBe(RATE);
    expect(sum(buckets, "canary", timed)).toBe(0);
    expect(sum(buckets, "stable", errors)).toBe(0);
    expect(sum(buckets, "stable", requests)).toBe(RATE);
  });

  it.each([
    ["a server error", { status: 503 }],
    ["a redirect", { status: 302, headers: { location: "/login" } }],
    ["a path that is gone", { status: 404 }],
    ["a connection that is cut", "cut"],
  ] as [string, twins.Answer][])("counts %s as an error", async (_, answer) => {
    const probe = await probing({ ...paths, canary: () => answer, stable: hello });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", requests)).toBe(RATE);
    expect(sum(buckets, "canary", errors)).toBe(RATE);
    expect(sum(buckets, "stable", errors)).toBe(0);
  });

  it("counts slow answers exactly", async () => {
    const probe = await probing({
      ...paths,
      canary: (asked) => ({ status: 200, afterMs: asked.number % 4 === 0 ? SLOW + 100 : 0 }),
      stable: hello,
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", slow)).toBe(3);
    expect(sum(buckets, "stable", slow)).toBe(0);
  });

  it("counts an answer of another deployment for nobody, and says so", async () => {
    const probe = await probing({
      ...paths,
      canary: () => ({ status: 500, headers: { "x-atoms-cloud-deployment": "dpl_stable" } }),
      stable: hello,
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", requests)).toBe(0);
    expect(sum(buckets, "stable", requests)).toBe(RATE);
    expect(probe.notes).toEqual([
      `${RATE} probes of the canary dpl_canary counted for nobody: answered by dpl_stable, not dpl_canary.`,
    ]);
  });

  it("counts a refusal for its rate for nobody", async () => {
    const probe = await probing({ ...paths, canary: () => ({ status: 429 }), stable: hello });
    expect(sum(await probe.measure(1), "canary", requests)).toBe(0);
    expect(probe.notes[0]).toContain("429");
  });

  it("blames a refusal by both arms on the token, and one by the canary alone on the canary", async () => {
    const refuse: twins.Difference = () => ({ status: 401 });
    const both = await probing({ ...paths, canary: refuse, stable: refuse });
    expect(sum(await both.measure(1), "canary", requests)).toBe(0);
    expect(both.notes).toEqual([
      `${RATE} probes of both arms counted for nobody: refused by both arms with 401 or 403.`,
    ]);
    const one = await probing({ ...paths, canary: refuse, stable: hello });
    expect(sum(await one.measure(1), "canary", errors)).toBe(RATE);
  });

  it("ends early with the seconds that were finished, and tells nothing about those that were not", async () => {
    const stop = new AbortController();
    // From the middle of the second second on the canary hangs: leaving out its answers alone would make stable look
    // busier. In the third second enough is seen.
    const probe = await probing({
      ...paths,
      canary: (asked, good) => {
        if (asked.number === 2 * RATE + RATE / 2) stop.abort(new Error("enough"));
        return asked.number >= RATE + RATE / 2 ? "hang" : hello(asked, good);
      },
      stable: hello,
    });
    const buckets = await probe.measure(30, stop.signal);
    expect(buckets).toHaveLength(1);
    for (const bucket of buckets) {
      expect(bucket.canary.requests).toBe(RATE);
      expect(bucket.stable.requests).toBe(RATE);
    }
  });

  it("gives nothing when the signal has fired already", async () => {
    const probe = await probing({ ...paths });
    expect(await probe.measure(1, AbortSignal.abort())).toEqual([]);
    expect(probe.canary.asked).toEqual([]);
  });

  it("gives buckets that do not overlap from one measurement to the next", async () => {
    const probe = await probing({ ...paths, canary: hello, stable: hello });
    const first = await probe.measure(1);
    const second = await probe.measure(1);
    expect(second[0]?.start).toBeGreaterThanOrEqual((first[0]?.start ?? 0) + 1_000);
  });

  it("tells when the token cannot be had, instead of measuring without", async () => {
    const probe = await probing({ ...paths, bearerToken: () => Promise.reject(new Error("no token")) });
    await expect(probe.measure(1)).rejects.toThrow("no token");
  });

  it.each([
    ["the path of the watch", { watch: { path: "/hello" } }, "/hello"],
    ["the health path", {}, "/health"],
  ])("asks %s when none is named", async (_, change, path) => {
    const probe = await probing({
      validation: (settings) => {
        plain(settings);
        Object.assign(settings, change);
      },
    });
    await probe.measure(1);
    expect(new Set(probe.stable.asked.map((asked) => asked.path))).toEqual(new Set([path]));
  });
});

describe.concurrent("probing tools", () => {
  it("calls the read-only tool in both generations, with the token", async () => {
    const probe = await probing({});
    const buckets = await probe.measure(1);
    for (const arm of ["canary", "stable"] as const) {
      expect(sum(buckets, arm, requests)).toBe(RATE);
      expect(sum(buckets, arm, errors)).toBe(0);
      expect(sum(buckets, arm, calls)).toBe(RATE);
      expect(sum(buckets, arm, failedCalls)).toBe(0);
      const made = toolCalls(probe[arm]);
      expect(made.map(({ rpc }) => (rpc["params"] as { name: string }).name)).toEqual(
        Array<string>(RATE).fill("look_up"),
      );
      expect(made.filter(({ headers }) => headers["mcp-method"] === "tools/call")).toHaveLength(RATE / 2);
    }
    expect(probe.notes).toEqual([]);
  });

  it("sees a tool that fails inside an HTTP 200", async () => {
    const probe = await probing({
      canary: (asked) =>
        asked.rpc["method"] === "tools/call"
          ? twins.mcpResult(asked, { isError: true, content: [{ type: "text", text: "no" }] })
          : undefined,
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", errors)).toBe(0);
    expect(sum(buckets, "canary", failedCalls)).toBe(RATE);
    expect(sum(buckets, "stable", failedCalls)).toBe(0);
  });

  it("sees that the canary lost a generation that stable still speaks", async () => {
    const probe = await probing({
      validation: (settings) => {
        Object.assign(settings["smoke"] as object, { mcp: { generations: "any" } });
      },
      canary: ({ path, headers }) =>
        path === "/api/mcp" && headers["mcp-method"] === undefined ? { status: 500 } : undefined,
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", requests)).toBe(RATE);
    expect(sum(buckets, "canary", errors)).toBe(RATE / 2);
    expect(sum(buckets, "stable", errors)).toBe(0);
  });

  it("asks in the one generation that stable speaks, where any will do", async () => {
    const old: twins.Difference = ({ headers }) =>
      headers["mcp-method"] === undefined ? undefined : { status: 400 };
    const probe = await probing({
      validation: (settings) => {
        Object.assign(settings["smoke"] as object, { mcp: { generations: "any" } });
      },
      canary: old,
      stable: old,
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", errors)).toBe(0);
    expect(sum(buckets, "canary", calls)).toBe(RATE);
  });

  it("makes the handshake again when the session is gone", async () => {
    let sessions = 0;
    const withSessions: twins.Difference = (asked, good) => {
      if (asked.path !== "/api/mcp" || asked.headers["mcp-method"] !== undefined) return undefined;
      if (asked.method === "DELETE") return { status: 204 };
      const answer = good(asked);
      if (answer === "hang" || answer === "cut") return answer;
      if (asked.rpc["method"] === "initialize")
        return { ...answer, headers: { ...answer.headers, "mcp-session-id": `s${++sessions}` } };
      // The first session settled what is asked; the second, in which the probes are sent, is forgotten on the way.
      if (asked.headers["mcp-session-id"] === "s2" && toolCallsSeen++ === 3) return { status: 404 };
      return answer;
    };
    let toolCallsSeen = 0;
    const probe = await probing({
      validation: (settings) => {
        Object.assign(settings["smoke"] as object, { mcp: { generations: ["2025"] } });
      },
      stable: withSessions,
    });
    const buckets = await probe.measure(1);
    expect(sessions).toBe(3);
    expect(sum(buckets, "stable", errors)).toBe(1);
    expect(sum(buckets, "stable", calls)).toBe(RATE);
  });

  it("counts a handshake that is stalled as an error of every probe that waited for it", async () => {
    const probe = await probing({
      settings: { timeout: "3s" },
      canary: ({ path }) => (path === "/api/mcp" ? "hang" : undefined),
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "canary", requests)).toBe(RATE);
    expect(sum(buckets, "canary", errors)).toBe(RATE);
    expect(sum(buckets, "canary", failedCalls)).toBe(RATE);
  });

  it("reads the catalogue where no tool may be called", async () => {
    const probe = await probing({
      validation: (settings) => {
        Object.assign(settings["smoke"] as object, { mcp: { call: false } });
      },
    });
    const buckets = await probe.measure(1);
    expect(sum(buckets, "stable", requests)).toBe(RATE);
    expect(sum(buckets, "stable", errors)).toBe(0);
    expect(buckets[0]?.stable.tools).toBeUndefined();
    expect(toolCalls(probe.stable)).toEqual([]);
  });

  it("asks paths instead where it is told to", async () => {
    const probe = await probing({
      settings: { tools: false, paths: ["/hello"] },
      canary: hello,
      stable: hello,
    });
    await probe.measure(1);
    expect(probe.canary.asked.every(({ path }) => path === "/hello")).toBe(true);
  });
});

describe("the settings", () => {
  it("have defaults that a service can bear", () => {
    expect(ProbeSettings.parse({})).toEqual({ rate: 5, timeout: 5_000, tools: true });
  });
  it.each([
    { rate: 0 },
    { rate: 1_000 },
    { timeout: "1m" },
    { paths: [] },
    { paths: ["health"] },
    { speed: 1 },
  ])("refuse %j", (settings) => {
    expect(ProbeSettings.safeParse(settings).success).toBe(false);
  });
});
