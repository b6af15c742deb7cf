import { afterEach, describe, expect, it } from "vitest";
import { type Clock, defineProblem, type Finding, FlowInterrupted, type Http } from "../terms/index.js";
import { defineCheck } from "./checks/check.js";
import { problemOf } from "./outcome.js";
import { watchSample } from "./sample.js";
import { ValidationSettings, validationPlan } from "./settings.js";
import { makeCheck, makeChecks } from "./smoke.js";
import * as twins from "./twins.contract.js";
import { perf, smoke, validate } from "./validate.js";
import { visit } from "./visit.js";

const open: twins.Twin[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((twin) => twin.close()));
});
async function start(difference?: twins.Difference): Promise<twins.Twin> {
  const twin = await twins.startTwin(difference);
  open.push(twin);
  return twin;
}

const order = [
  "login-wall",
  "serves-itself",
  "health",
  "auth-login",
  "auth-required",
  "cors",
  "mcp-handshake",
  "mcp-catalogue",
  "mcp-call",
  "database",
];

describe("validate", () => {
  it("passes the good twin: smoke, then speed, then the rate limit; all of it plain data", async () => {
    const twin = await start();
    const told: string[] = [];
    const result = await validate(twins.target(twin), twins.everything(), twins.ports(), (finding) => {
      told.push(finding.check);
    });
    expect(result.verdict).toEqual({ kind: "pass" });
    expect(told).toEqual([...order, "performance /health", "performance /api/mcp/tools", "rate-limit"]);
    expect(result.findings.map((finding) => finding.check)).toEqual(told);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(problemOf(result.verdict, twin.address)).toBeUndefined();
  });

  it("reports every smoke check after a failure, and measures nothing then", async () => {
    const twin = await start((asked) =>
      asked.path === "/health" ? twins.json(503, { status: "unhealthy" }) : undefined,
    );
    const result = await validate(twins.target(twin), twins.everything(), twins.ports());
    expect(result.findings.map((finding) => finding.check)).toEqual([...order, "rate-limit"]);
    expect(result.verdict).toMatchObject({ kind: "fail", because: /Healthy: .*503/ });
    expect(problemOf(result.verdict, twin.address)?.code).toBe("ATM-401");
  });

  it("fails a service that is sound but slow", async () => {
    const twin = await start((asked, good) => {
      const answer = good(asked);
      return typeof answer === "string" ? answer : { ...answer, afterMs: 100 };
    });
    const plan = twins.everything((settings) => {
      settings["smoke"] = { health: {} };
      settings["performance"] = { rate: 200, baselines: { "/health": { p95: 50 } } };
    });
    const result = await validate(
      twins.target(twin),
      { ...plan, smoke: { ...plan.smoke, mcp: false } },
      twins.ports(),
    );
    expect(result.verdict).toMatchObject({ kind: "fail", because: /Fast enough at \/health: p95 \d{3,}/ });
  });

  it("measures again while this machine is too busy to measure, three times at most", async () => {
    const given = ValidationSettings.parse({
      performance: { samples: 20, warm_up: 0, baselines: { "/": { p95: 50 } } },
    });
    const plan = validationPlan(given, { kind: "http", health: "/" });
    // The service answers at once, but every wake-up of this machine is a second late.
    let asked = 0;
    let now = 0;
    const http: Http = {
      async send() {
        asked++;
        return { answered: true, status: 200, headers: {}, body: "", ms: 0, firstByteMs: 0 };
      },
    };
    const clock: Clock = {
      now: () => now,
      monotonic: () => now,
      // The long wait is the time limit of the measurement.
      sleep: async (ms, signal) => {
        await twins.realClock.sleep(ms > 5_000 ? ms : 0, signal);
        now += ms + 1_000;
      },
    };
    const result = await perf({ address: "http://late" }, plan, twins.ports({ http, clock }));
    expect(asked).toBe(60);
    expect(result.findings[0]).toMatchObject({
      outcome: "error",
      evidence: { inconclusive: true, tries: 3 },
    });
    expect(problemOf(result.verdict, "http://late")).toMatchObject({
      code: "ATM-404",
      ending: "inconclusive",
    });
  });

  it("ends with the reason of its signal", async () => {
    const twin = await start(() => "hang");
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("stopped")), 100);
    const { signal } = stop;
    await expect(validate(twins.target(twin), twins.everything(), twins.ports({ signal }))).rejects.toThrow(
      "stopped",
    );
  });

  it("does not wait out every check on a service that is silent", async () => {
    const twin = await start(() => "hang");
    const plan = twins.everything((settings) => {
      settings["timeout"] = "100ms";
    });
    const result = await smoke(twins.target(twin), plan, twins.ports());
    expect(twin.asked).toHaveLength(3);
    expect(result.verdict.kind).toBe("fail");
    expect(result.findings.map((finding) => finding.outcome)).toEqual([
      "fail",
      "fail",
      "fail",
      ...Array(8).fill("error"),
    ]);
  });

  it("says that nothing was checked when everything is off", async () => {
    const twin = await start();
    const off = ValidationSettings.parse({
      smoke: { login_wall: false, serves_itself: false, health: false },
      performance: false,
    });
    const result = await validate(
      twins.target(twin),
      validationPlan(off, { kind: "http", health: "/" }),
      twins.ports(),
    );
    expect(result).toEqual({ findings: [], verdict: { kind: "inconclusive", because: "no check ran" } });
  });

  it("asks a plain HTTP service only what it can answer", async () => {
    const twin = await start(() => twins.json(200, { status: "ok" }));
    const plan = validationPlan(
      ValidationSettings.parse({ performance: { baselines: { "/status": { p95: 9_000 } } } }),
      { kind: "http", health: "/status" },
    );
    const result = await validate(
      { address: twin.address },
      plan,
      twins.ports({ bearerToken: async () => undefined }),
    );
    expect(result.findings.map(({ check, outcome }) => [check, outcome])).toEqual([
      ["login-wall", "pass"],
      ["serves-itself", "warn"],
      ["health", "pass"],
      ["performance /status", "pass"],
    ]);
    expect(result.verdict).toEqual({ kind: "pass" });
    expect(new Set(twin.asked.map((asked) => asked.path))).toEqual(new Set(["/status"]));
  });

  it("tells what kept the token away, and passes nothing that needed it", async () => {
    const twin = await start();
    const noToken = defineProblem({
      code: "ATM-403",
      title: "T",
      happened: () => "no token",
      fix: () => "run it by hand",
    });
    const ports = twins.ports({ bearerToken: () => Promise.reject(noToken()) });
    const result = await smoke(twins.target(twin), twins.everything(), ports);
    const errors = result.findings.filter((finding) => finding.outcome === "error");
    expect(errors.map((finding) => finding.check)).toEqual([
      "mcp-handshake",
      "mcp-catalogue",
      "mcp-call",
      "database",
    ]);
    expect(errors[0]).toMatchObject({ saw: "ATM-403 no token", fix: "run it by hand" });
    const measured = await perf(twins.target(twin), twins.everything(), ports);
    expect(measured.verdict).toMatchObject({ kind: "error" });
    expect(problemOf(measured.verdict, twin.address)?.code).toBe("ATM-405");
  });
});

describe("makeCheck", () => {
  const check = (run: () => Promise<{ outcome: Finding["outcome"]; saw: string }>) =>
    defineCheck({ name: "c", title: "T", why: "w", setting: "health", patience: 1, run });
  const fast = () =>
    twins.everything((settings) => {
      settings["timeout"] = "50ms";
    });
  const nobody = { address: "http://127.0.0.1:1" };

  it("makes an error of what a check throws", async () => {
    const broken = check(() => Promise.reject(new TypeError("x is undefined")));
    expect(await makeCheck(broken, visit(nobody, fast(), twins.ports()))).toMatchObject({
      outcome: "error",
      saw: "The check itself broke: x is undefined",
    });
  });
  it("makes an error of a check that never ends, whether or not it heeds its signal", async () => {
    const endless = check(() => new Promise(() => undefined));
    expect(await makeCheck(endless, visit(nobody, fast(), twins.ports()))).toMatchObject({
      outcome: "error",
      saw: "The check was not done after 50ms.",
    });
  });
  it("lets an interruption of the flow pass", async () => {
    const interrupted = check(() => Promise.reject(new FlowInterrupted("closing")));
    await expect(
      makeChecks([interrupted], visit(nobody, fast(), twins.ports()), () => undefined),
    ).rejects.toThrow("closing");
  });
  it("keeps the token and the probe secret out of what it reports", async () => {
    const twin = await start(({ headers }) =>
      twins.json(200, { status: `${headers.authorization} and ${headers["x-atoms-probe"]}` }),
    );
    const one = visit(twins.target(twin), twins.everything(), twins.ports());
    await one.token();
    const echo = defineCheck({
      name: "echo",
      title: "T",
      why: "w",
      setting: "health",
      async run(v) {
        const answer = await v.ask({ path: "/", as: "user" });
        return {
          outcome: "fail",
          saw: answer.answered ? answer.body : "",
          evidence: { said: answer.answered ? answer.body : "" },
        };
      },
    });
    const finding = await makeCheck(echo, one);
    expect(JSON.stringify(finding)).not.toContain(twins.token);
    expect(JSON.stringify(finding)).not.toContain(twins.probe);
    expect(finding.saw).toContain("Bearer [secret]");
  });
});

describe("watchSample", () => {
  const call = twins.everything((settings) => {
    (settings["smoke"] as Record<string, unknown>)["mcp"] = { call: { tool: "look_up" } };
  });

  it("is ok on the good twin, and says who answered", async () => {
    const twin = await start();
    const sample = await watchSample(twins.target(twin), call, twins.ports());
    expect(sample).toMatchObject({
      ok: true,
      parts: [{ name: "health", deployment: twins.deployment }, { name: "mcp" }],
    });
    expect(JSON.parse(JSON.stringify(sample))).toEqual(sample);
  });

  it.each<[string, twins.Difference, RegExp]>([
    [
      "degraded",
      ({ path }) => (path === "/health" ? twins.json(200, { status: "degraded" }) : undefined),
      /degraded/,
    ],
    [
      "another deployment",
      ({ path }) =>
        path === "/health" ? twins.json(200, { status: "healthy", deployment_id: "dpl_old" }) : undefined,
      /came from dpl_old, not/,
    ],
    [
      "a tool that fails",
      (asked) =>
        asked.rpc["method"] === "tools/call" ? twins.mcpResult(asked, { isError: true }) : undefined,
      /look_up failed/,
    ],
    [
      "tokens refused",
      ({ path }) => (path === "/api/mcp" ? twins.json(401, {}) : undefined),
      /although a token was sent/,
    ],
    ["silence", () => "hang", /time-out/],
  ])("is not ok: %s", async (name, difference, saw) => {
    const twin = await start(difference);
    const plan = name === "silence" ? { ...call, timeout: 300 } : call;
    const sample = await watchSample(twins.target(twin), plan, twins.ports());
    expect(sample.ok).toBe(false);
    expect(sample.saw).toMatch(saw);
  });

  it("asks the path that is set, with the token", async () => {
    const twin = await start();
    const plan = twins.everything((settings) => {
      settings["watch"] = { path: "/api/mcp/tools" };
    });
    const sample = await watchSample(twins.target(twin), plan, twins.ports());
    expect(sample.parts.map(({ name, status, ok }) => [name, status, ok])).toEqual([
      ["health", 200, true],
      ["path", 200, true],
    ]);
    const without = await watchSample(
      twins.target(twin),
      plan,
      twins.ports({ bearerToken: async () => undefined }),
    );
    expect(without).toMatchObject({ ok: false, saw: /\/api\/mcp\/tools answered 401/ });
  });

  it("does not take looking at nothing for health", async () => {
    const twin = await start(() => ({ status: 500 }));
    const off = ValidationSettings.parse({ smoke: { health: false } });
    const sample = await watchSample(
      twins.target(twin),
      validationPlan(off, { kind: "http", health: "/" }),
      twins.ports(),
    );
    expect(sample).toMatchObject({ ok: false, saw: /\/ answered 500/ });
  });
});
