import { fakeClock, fakeHttp } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import type { LogLine } from "../../terms/index.js";
import { ValidationSettings, validationPlan, visit } from "../../validation/index.js";
import { lookOnce } from "../look.js";
import type { MonitorSample } from "../model.js";
import { monitorsOf, seriesOf } from "../plan.js";
import type { CertificateAnswer, Heartbeat, NameAnswer } from "../ports.js";
import { MonitorList, type MonitorSettings } from "../settings.js";
import { judgeLines } from "./errors.js";
import type { LookWorld } from "./kind.js";
import { judgeShots } from "./performance.js";

const address = "http://shop.test";
const at = Date.UTC(2026, 0, 5, 12);

function one(settings: object): MonitorSettings {
  const [monitor] = MonitorList.parse([settings]);
  if (monitor === undefined) throw new Error("one monitor");
  return monitor;
}

type Given = {
  lines?: LogLine[];
  previous?: Partial<MonitorSample>;
  addresses?: string[];
  name?: (asked: { name: string; record: string }) => NameAnswer;
  certificate?: (host: string, name: string) => CertificateAnswer;
  heartbeat?: Heartbeat;
};

const goneCertificate: CertificateAnswer = {
  connected: false,
  message: "Nobody is there.",
  ms: 1,
  timings: {},
};

async function look(
  settings: object,
  table: Parameters<typeof fakeHttp>[0],
  more: Given = {},
): Promise<MonitorSample> {
  const sample = await lookOrNothing(settings, table, more);
  if (sample === undefined) throw new Error("there was something to look at");
  return sample;
}

async function lookOrNothing(
  settings: object,
  table: Parameters<typeof fakeHttp>[0],
  more: Given,
): Promise<MonitorSample | undefined> {
  const clock = fakeClock(at);
  const http = fakeHttp(table);
  const monitor = { name: "it", settings: one(settings) };
  const plan = {
    ...validationPlan(ValidationSettings.parse({}), { kind: "mcp", health: "/health" }),
    timeout: monitor.settings.timeout,
  };
  const found = lookOnce(monitor, at, {
    service: "shop",
    environment: "production",
    clock,
    signal: new AbortController().signal,
    world: async (_, began, signal): Promise<LookWorld> => ({
      at: began,
      clock,
      targets: (more.addresses ?? [address]).map((where) => ({ address: where })),
      plan,
      visit: (target, other) =>
        visit(target, other ?? plan, { http, clock, signal, bearerToken: async () => undefined }),
      http,
      signal,
      names: { resolve: async (asked) => more.name?.(asked) ?? { found: false, message: "nobody", ms: 1 } },
      certificates: { read: async ({ host, name }) => more.certificate?.(host, name) ?? goneCertificate },
      heartbeat: async () => more.heartbeat ?? { listeningSince: at },
      logs: async () => more.lines ?? [],
      previous: async () => more.previous as MonitorSample | undefined,
    }),
  });
  return clock.runUntil(found);
}

describe("health", () => {
  it.each([
    ["says that it is healthy", { status: 200, body: { status: "healthy" } }, "up", undefined],
    [
      "answers 200 but says degraded",
      { status: 200, body: { status: "degraded" } },
      "down",
      /says "degraded"/,
    ],
    ["answers 503", { status: 503, body: { status: "unhealthy" } }, "down", /answered 503.*"unhealthy"/],
    ["does not answer in time", "time-out" as const, "down", /time-out/],
    ["lets nobody in", "refused" as const, "down", /refused/],
    ["answers with no JSON", { status: 200, body: "hello" }, "down", /holds no "status"/],
    [
      "is hidden by the platform's wall",
      { status: 200, headers: { "content-type": "text/html" }, body: "<html><title>Log in</title>" },
      "down",
      /not the service/,
    ],
  ])("is told of a service that %s", async (_, answer, outcome, because) => {
    const sample = await look({ kind: "health" }, { "*": answer });
    expect(sample).toMatchObject({ monitor: "it", service: "shop", at, outcome });
    if (because === undefined) expect(sample.because).toBeUndefined();
    else expect(sample.because).toMatch(because);
    expect(sample.values["latency_ms"]).toBeGreaterThan(0);
  });

  it("is down when one host of several is", async () => {
    const sample = await look(
      { kind: "health" },
      { "http://a.test/*": { status: 200, body: { status: "ok" } }, "http://b.test/*": "refused" },
      { addresses: ["http://a.test", "http://b.test"] },
    );
    expect(sample).toMatchObject({ outcome: "down", because: expect.stringMatching(/^b\.test: /) });
  });
});

describe("performance", () => {
  it("counts a failure in the percentiles as waited for to the end", async () => {
    const answers = Array.from({ length: 10 }, (_, n) => (n < 8 ? { status: 200 } : { status: 500 }));
    const sample = await look({ kind: "performance", requests: 10, timeout: "2s" }, { "*": answers });
    expect(sample).toMatchObject({
      outcome: "down",
      values: { error_rate: 0.2, success_rate: 0.8, p95_latency: 2_000, p99_latency: 2_000 },
      because: expect.stringMatching(
        /2 of 10 requests failed \(answered 500\); at most 1% may; p95 was 2000 ms/,
      ),
    });
  });

  it("has numbers, and no gap, when nothing answers", async () => {
    const sample = await look({ kind: "performance", requests: 5 }, { "*": "refused" });
    expect(sample).toMatchObject({ outcome: "down", values: { error_rate: 1, p50_latency: 5_000 } });
  });

  it("takes the percentile of what it was given, by nearest rank", () => {
    const shots = Array.from({ length: 20 }, (_, n) => ({ ok: true, ms: n + 1, status: 200, why: null }));
    const judged = judgeShots(shots, { p95: 500, error_rate: 0.01, timeout: 5_000 });
    expect(judged).toMatchObject({
      outcome: "up",
      values: { p50_latency: 10, p95_latency: 19, p99_latency: 20 },
    });
  });
});

describe("errors", () => {
  const line = (text: string, more: Partial<LogLine> = {}): LogLine => ({
    at: at - 60_000,
    source: "runtime",
    level: "info",
    text,
    ...more,
  });

  it.each<[string, LogLine[], number]>([
    ["nothing", [], 0],
    ["talk", [line("listening"), line("terror is no error word")], 1],
    ["a level", [line("hm", { level: "error" })], 1],
    ["a word", [line("TypeError: x is not a function"), line("Fatal: out of memory")], 1],
    ["a request that failed", [line("GET /a 500", { source: "request", level: "error" })], 1],
    ["a request for /error", [line("GET /error 200", { source: "request" })], 0],
    ["a build", [line("error", { source: "build", level: "error" })], 0],
    ["what the look before has seen", [line("error", { at: at - 600_000 })], 0],
    ["what is too young", [line("error", { at: at - 1_000 })], 0],
  ])("in %s", async (_, lines, count) => {
    const sample = await look({ kind: "errors" }, {}, { lines, previous: { at: at - 300_000 } });
    expect(sample.values["errors"]).toBe(count);
    expect(sample.outcome).toBe(count === 0 ? "up" : "down");
  });

  it("leaves out what is to be ignored, and bears what is borne", () => {
    const settings = { patterns: ["error"], levels: [], ignore: ["favicon"], at_most: 1, interval: 300_000 };
    const lines = [line("error: favicon"), line("error: a"), line("error: b\u001b[2J")];
    expect(judgeLines(lines.slice(0, 2), settings)).toMatchObject({ outcome: "up", values: { errors: 1 } });
    expect(judgeLines(lines, settings)).toMatchObject({
      outcome: "down",
      because: "2 errors in the log of about 5m, the last: error: b [2J",
    });
  });
});

describe("resources", () => {
  const metrics = (seconds: number, bytes: number) => ({
    status: 200,
    body: `# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ${seconds}\nprocess_resident_memory_bytes{pod="a"} ${bytes}\nbroken line {\n`,
  });
  const settings = { kind: "resources", memory_size: "100MiB" };
  const before = (cpu_seconds: number) => ({ previous: { at: at - 60_000, values: { cpu_seconds } } });

  it.each([
    ["has room", metrics(130, 10 * 1024 ** 2), before(100), "up", { memory: 0.1, cpu: 0.5 }],
    ["has no memory left", metrics(130, 90 * 1024 ** 2), before(100), "down", { memory: 0.9, cpu: 0.5 }],
    ["is out of breath", metrics(160, 10 * 1024 ** 2), before(100), "down", { memory: 0.1, cpu: 1 }],
  ])("that %s", async (_, answer, more, outcome, values) => {
    expect(await look(settings, { "*/metrics": answer }, more)).toMatchObject({ outcome, values });
  });

  it("tells no share of the processor on the first look, and after a restart", async () => {
    for (const more of [{}, before(1_000)]) {
      const sample = await look(settings, { "*/metrics": metrics(5, 1_000) }, more);
      expect(sample.outcome).toBe("up");
      expect(sample.values["cpu"]).toBeUndefined();
    }
  });

  it.each([
    ["404", { status: 404 }, /answered 404/],
    [
      "other text",
      { status: 200, body: "<html>hello</html>" },
      /holds no process_resident_memory_bytes and no/,
    ],
    ["nothing", "cut" as const, /cut/],
  ])("is down when the endpoint answers %s", async (_, answer, because) => {
    expect(await look(settings, { "*": answer })).toMatchObject({
      outcome: "down",
      because: expect.stringMatching(because),
    });
  });
});

describe("tls", () => {
  const day = 86_400_000;
  const until = (expiresAt: number, more: object = {}): CertificateAnswer => ({
    connected: true,
    validFrom: at - day,
    expiresAt,
    ms: 12,
    timings: { dnsMs: 1, connectMs: 2, tlsMs: 9 },
    ...more,
  });
  const settings = { kind: "tls", host: "shop.test" };

  it.each<[string, CertificateAnswer, "up" | "down", RegExp | undefined]>([
    ["is good for months", until(at + 90 * day), "up", undefined],
    [
      "ends in a week",
      until(at + 7 * day + 5),
      "down",
      /^shop\.test: .*ends in 7 days; 14 days is the limit/,
    ],
    ["ends in hours", until(at + 3 * 3_600_000), "down", /ends in 3h/],
    ["has ended", until(at - 3 * day), "down", /ended 3 days ago/],
    ["has not begun", until(at + 90 * day, { validFrom: at + 60_000 }), "down", /begins in 1m/],
    [
      "nobody vouches for",
      until(at + 90 * day, { distrust: "it has signed itself" }),
      "down",
      /signed itself/,
    ],
    ["nobody shows", goneCertificate, "down", /Nobody is there/],
  ])("tells of a certificate that %s", async (_, certificate, outcome, because) => {
    const sample = await look(settings, {}, { certificate: () => certificate });
    expect(sample.outcome).toBe(outcome);
    if (because === undefined) expect(sample.because).toBeUndefined();
    else expect(sample.because).toMatch(because);
    expect(sample.values["tls_expires_in"]).toBe(
      certificate.connected ? certificate.expiresAt - at : undefined,
    );
  });

  it("bears one that nobody vouches for where that is meant", async () => {
    const certificate = () => until(at + 90 * day, { distrust: "it has signed itself" });
    expect(await look({ ...settings, trusted: false }, {}, { certificate })).toMatchObject({ outcome: "up" });
  });

  it("looks at every host of production that is reached by https, and tells the one that ends first", async () => {
    const sample = await look(
      { kind: "tls" },
      {},
      {
        addresses: ["https://a.test", "http://plain.test", "https://b.test:8443"],
        certificate: (host) => until(at + (host === "b.test" ? 20 : 90) * day),
      },
    );
    expect(sample).toMatchObject({ outcome: "up", values: { tls_expires_in: 20 * day, tls_time: 9 } });
  });

  it("finds nothing to look at where production is not reached by https", async () => {
    expect(await lookOrNothing({ kind: "tls" }, {}, {})).toBeUndefined();
  });
});

describe("dns", () => {
  const found =
    (...records: string[]) =>
    () =>
      ({ found: true, records, ms: 3 }) as const;

  it.each<[string, object, Given["name"], "up" | "down", RegExp | undefined]>([
    ["any answer", {}, found("10.0.0.1"), "up", undefined],
    ["no answer", {}, () => ({ found: false, message: "There is no shop.test.", ms: 3 }), "down", /no shop/],
    [
      "what is expected",
      { expected: ["10.0.0.2", "10.0.0.1"] },
      found("10.0.0.1", "10.0.0.2"),
      "up",
      undefined,
    ],
    ["a name in capitals", { record: "CNAME", expected: ["CDN.test."] }, found("cdn.test"), "up", undefined],
    ["less", { expected: ["10.0.0.1", "10.0.0.2"] }, found("10.0.0.1"), "down", /lacks 10\.0\.0\.2/],
    ["a stranger", { expected: ["10.0.0.1"] }, found("10.0.0.1", "6.6.6.6"), "down", /has 6\.6\.6\.6, which/],
  ])("takes %s for what it is", async (_, more, name, outcome, because) => {
    const settings = { kind: "dns", host: "shop.test", ...more };
    const sample = await look(settings, {}, name === undefined ? {} : { name });
    expect(sample).toMatchObject({ outcome, values: { dns_time: 3 } });
    if (because !== undefined) expect(sample.because).toMatch(because);
  });

  it("asks for production's own name, and for none where that is an address or localhost", async () => {
    const asked: string[] = [];
    const name = (one: { name: string }) => {
      asked.push(one.name);
      return found("10.0.0.1")();
    };
    await look({ kind: "dns" }, {}, { addresses: ["https://shop.test"], name });
    for (const addresses of [["http://shop.localhost:1"], ["http://127.0.0.1"], ["http://[::1]"]])
      expect(await lookOrNothing({ kind: "dns" }, {}, { addresses, name })).toBeUndefined();
    expect(asked).toEqual(["shop.test"]);
  });
});

describe("heartbeat", () => {
  const settings = { kind: "heartbeat", name: "backup", expected_every: "1h", grace: "5m" };
  const minute = 60_000;

  it.each<[string, Heartbeat, "up" | "down", RegExp | undefined]>([
    ["has not begun yet", { listeningSince: at - 30 * minute }, "up", undefined],
    ["never began", { listeningSince: at - 66 * minute }, "down", /No sign of life has come yet; .*every 1h/],
    ["is fresh", { listeningSince: 0, last: { at: at - minute, ok: true } }, "up", undefined],
    ["is late but borne", { listeningSince: 0, last: { at: at - 65 * minute, ok: true } }, "up", undefined],
    ["is missed", { listeningSince: 0, last: { at: at - 66 * minute, ok: true } }, "down", /for 1h6m; one/],
    [
      "reports a failure",
      { listeningSince: 0, last: { at: at - minute, ok: false, message: "disk full." } },
      "down",
      /failure: disk full\.$/,
    ],
    [
      "nobody could hear",
      { listeningSince: at - minute, last: { at: at - 9_000_000, ok: true } },
      "up",
      undefined,
    ],
  ])("that %s", async (_, heartbeat, outcome, because) => {
    const sample = await look(settings, {}, { heartbeat });
    expect(sample.outcome).toBe(outcome);
    if (because === undefined) expect(sample.because).toBeUndefined();
    else expect(sample.because).toMatch(because);
    expect(sample.values["heartbeat_age"]).toBeGreaterThanOrEqual(0);
  });
});

describe("prometheus", () => {
  const settings = { kind: "prometheus", url: "http://metrics.test/prom/", query: "up == 1" };
  const vector = (...values: [string, string][]) => ({
    status: 200,
    body: {
      status: "success",
      data: {
        resultType: "vector",
        result: values.map(([pod, value]) => ({ metric: { pod }, value: [1, value] })),
      },
    },
  });

  it.each<
    [
      string,
      object,
      NonNullable<Parameters<typeof fakeHttp>[0]>[string],
      "up" | "down",
      number | undefined,
      RegExp | undefined,
    ]
  >([
    ["one number", {}, vector(["a", "3"]), "up", 3, undefined],
    ["the largest under its limit", { at_most: 9 }, vector(["a", "3"], ["b", "7"]), "up", 7, undefined],
    [
      "one over its limit",
      { at_most: 5 },
      vector(["a", "3"], ["b", "7"]),
      "down",
      7,
      /\{pod="b"\} is 7; at most 5/,
    ],
    [
      "one under its limit",
      { at_least: 5 },
      vector(["a", "3"], ["b", "7"]),
      "down",
      3,
      /"a"\} is 3; at least 5/,
    ],
    [
      "a scalar",
      {},
      { status: 200, body: { status: "success", data: { resultType: "scalar", result: [1, "4"] } } },
      "up",
      4,
      undefined,
    ],
    ["nothing", {}, vector(), "down", undefined, /finds nothing/],
    ["nothing, which is meant", { no_data: "up" }, vector(), "up", undefined, undefined],
    ["no number", {}, vector(["a", "NaN"]), "down", undefined, /no finite number/],
    [
      "a refusal",
      {},
      { status: 400, body: { status: "error", error: "parse error" } },
      "down",
      undefined,
      /refuses the query: parse error/,
    ],
    ["a closed door", {}, { status: 401, body: "no" }, "down", undefined, /headers do not let/],
    ["another page", {}, { status: 200, body: "<html>" }, "down", undefined, /not as the query API/],
    ["silence", {}, "time-out", "down", undefined, /time-out|answer/],
  ])("that finds %s", async (_, more, answer, outcome, value, because) => {
    const sample = await look({ ...settings, ...more }, { "http://metrics.test/prom/api/v1/query*": answer });
    expect(sample.outcome).toBe(outcome);
    expect(sample.values["value"]).toBe(value);
    if (because === undefined) expect(sample.because).toBeUndefined();
    else expect(sample.because).toMatch(because);
  });
});

describe("mcp", () => {
  it("is down when nobody speaks it", async () => {
    const sample = await look({ kind: "mcp" }, { "*": { status: 404 } });
    expect(sample).toMatchObject({ outcome: "down", because: expect.stringMatching(/2025.*404/) });
    expect(sample.values["handshake_time"]).toBeDefined();
  });
});

describe("the monitors of a playbook", () => {
  it("are the usual ones where none are named", () => {
    const names = (kind: "http" | "mcp") => monitorsOf({ service: { kind } }).map(({ name }) => name);
    expect(names("http")).toEqual(["health", "performance", "errors"]);
    expect(names("mcp")).toEqual(["health", "performance", "errors", "mcp"]);
    expect(monitorsOf({ monitors: [], service: { kind: "mcp" } })).toEqual([]);
  });

  it("have the runbook's own numbers", () => {
    const intervals = ["health", "performance", "errors", "resources"].map((kind) => one({ kind }).interval);
    expect(intervals).toEqual([30_000, 60_000, 300_000, 60_000]);
    expect(one({ kind: "resources" })).toMatchObject({ memory: 0.8, cpu: 0.8 });
    expect(one({ kind: "performance" })).toMatchObject({ p95: 500, error_rate: 0.01 });
  });

  it.each([
    ["two of a name", [{ kind: "health" }, { kind: "health" }], /health is there already/],
    ["a look longer than its interval", [{ kind: "health", interval: "2s" }], /expected at least 6s/],
    ["an interval of no time", [{ kind: "health", interval: "10ms", timeout: "1ms" }], /at least 1s/],
    ["an unknown kind", [{ kind: "ping" }], /kind/i],
    ["a password in an address", [{ kind: "health", address: "https://a:b@c.test" }], /without a password/],
    ["no address", [{ kind: "health", address: "shop" }], /expected an address/],
    ["a broken pattern", [{ kind: "errors", patterns: ["(a"] }], /expected a regular expression/],
    ["a pattern that never ends", [{ kind: "errors", patterns: ["(a+)+$"] }], /for ever/],
    ["an address for a host", [{ kind: "tls", host: "https://shop.test" }], /expected a host/],
    ["a name for a name server", [{ kind: "dns", server: "dns.test" }], /address of a name server/],
    ["a sign of life every second", [{ kind: "heartbeat", expected_every: "1s" }], /at least 10s/],
    ["a query of nothing", [{ kind: "prometheus", url: "http://a.test", query: "" }], /query/],
    ["a name with blanks", [{ kind: "health", name: "my health" }], /small letters/],
  ])("with %s are a mistake", (_, monitors, message) => {
    const read = MonitorList.safeParse(monitors);
    expect(read.success).toBe(false);
    expect(read.error?.message).toMatch(message);
  });

  it("all tell whether they are down", () => {
    for (const kind of ["health", "tls", "dns", "heartbeat", "mcp"])
      expect(seriesOf({ name: kind, settings: one({ kind }) })).toContain("monitor_down");
  });

  it("look down, with the reason, when what they look at can't be opened", async () => {
    const clock = fakeClock(at);
    const sample = await lookOnce({ name: "it", settings: one({ kind: "health" }) }, at, {
      service: "shop",
      environment: "production",
      clock,
      signal: new AbortController().signal,
      world: async () => Promise.reject(new Error("no such project")),
    });
    expect(sample).toMatchObject({ outcome: "down", because: "The look broke off: no such project" });
  });

  it("end a look that hangs", async () => {
    const clock = fakeClock(at);
    const hanging = lookOnce({ name: "it", settings: one({ kind: "health" }) }, at, {
      service: "shop",
      environment: "production",
      clock,
      signal: new AbortController().signal,
      world: () => new Promise(() => undefined),
    });
    expect(await clock.runUntil(hanging)).toMatchObject({
      outcome: "down",
      because: expect.stringMatching(/not done/),
    });
  });
});
