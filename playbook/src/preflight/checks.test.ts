import { readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Problem } from "../terms/index.js";
import { alerts } from "./checks/alerts.js";
import { branch, branchMatches } from "./checks/branch.js";
import { dependencies } from "./checks/dependencies.js";
import { disk } from "./checks/disk.js";
import { gitClean } from "./checks/git-clean.js";
import { preflightChecks } from "./checks/index.js";
import { numbers } from "./checks/numbers.js";
import { platform } from "./checks/platform.js";
import { source } from "./checks/source.js";
import { split } from "./checks/split.js";
import { tests } from "./checks/tests.js";
import { variables } from "./checks/variables.js";
import { wayBack } from "./checks/way-back.js";
import type { CommandResult, GitState, NumbersFinding, SplitState } from "./model.js";
import { PreflightSettings } from "./settings.js";

const settings = (change: Partial<PreflightSettings> = {}) => ({ ...PreflightSettings.parse({}), ...change });
const commit = "0123456789abcdef0123456789abcdef01234567";
const repository = (change: Partial<GitState & { kind: "repository" }> = {}): GitState => ({
  kind: "repository",
  changed: [],
  branch: "main",
  commit,
  ...change,
});
const outside: GitState = { kind: "none", because: "The folder is not in a git repository" };
const refused: GitState = { kind: "unreadable", because: "git refuses: dubious ownership" };
const ran = (change: Partial<CommandResult>): CommandResult => ({
  lastLines: [],
  ms: 1_200,
  timedOut: false,
  aborted: false,
  ...change,
});
const twelve = Array.from({ length: 12 }, (_, i) => `f${i}`);
const deployment = (id: string, state: "ready" | "failed" | "gone" = "ready") => ({
  id,
  address: `http://${id}.localhost`,
  state,
  production: true,
  createdAt: 0,
});

it("lists every file of checks/, by the name of its check", () => {
  const files = readdirSync(new URL("./checks", import.meta.url)).filter((file) => file !== "index.ts");
  expect(files.sort()).toEqual(preflightChecks.map((check) => `${check.name}.ts`).sort());
});

describe("git-clean", () => {
  it.each([
    { git: repository(), outcome: "pass", saw: "Everything is committed at 012345678." },
    { git: repository({ changed: ["a.ts"] }), outcome: "fail", saw: "1 file is not committed: a.ts." },
    {
      git: repository({ changed: twelve }),
      outcome: "fail",
      saw: "12 files are not committed: f0, f1, f2, f3, f4, f5, f6, f7, f8, f9 and 2 more.",
    },
    {
      git: { kind: "repository", changed: [] } as GitState,
      outcome: "fail",
      saw: "The repository has no commit yet.",
    },
    {
      git: outside,
      outcome: "warn",
      saw: "The folder is not in a git repository, so nothing says whether these files were reviewed, and the release gets no tag.",
    },
    { git: refused, outcome: "error", saw: "git refuses: dubious ownership." },
  ])("$outcome: $saw", ({ git, outcome, saw }) => {
    expect(gitClean.judge(git, settings())).toMatchObject({ outcome, saw });
  });
});

describe("branch", () => {
  const feature = repository({ branch: "feature/x" });
  const { branch: _, ...detached } = repository() as GitState & { kind: "repository" };
  it.each([
    { git: repository(), set: {}, outcome: "pass", saw: "On main." },
    { git: feature, set: {}, outcome: "fail", saw: "On feature/x, but releases come from main." },
    { git: feature, set: { branch: ["main", "feature/*"] }, outcome: "pass", saw: "On feature/x." },
    {
      git: feature,
      set: { allow_branch: true },
      outcome: "warn",
      saw: "On feature/x, not on main; allowed for this release.",
    },
    {
      git: detached,
      set: {},
      outcome: "fail",
      saw: "On no branch (a detached HEAD), but releases come from main.",
    },
    {
      git: detached,
      set: { allow_branch: true },
      outcome: "warn",
      saw: "On no branch (a detached HEAD), not on main; allowed for this release.",
    },
    {
      git: outside,
      set: {},
      outcome: "warn",
      saw: "The folder is not in a git repository, so there is no branch to check.",
    },
    { git: refused, set: {}, outcome: "error", saw: "git refuses: dubious ownership." },
  ])("$outcome: $saw", ({ git, set, outcome, saw }) => {
    expect(branch.judge(git, settings(set))).toMatchObject({ outcome, saw });
  });

  it.each([
    ["main", "main", true],
    ["main", "maintenance", false],
    ["*", "anything/at-all", true],
    ["release/*", "release/1.2", true],
    ["release/*", "release", false],
    ["*/fix/*", "team/fix/7", true],
    ["a*a", "a", false],
  ])("%s and %s: %s", (pattern, name, fits) => expect(branchMatches(pattern, name)).toBe(fits));

  it("reads * as any run of characters", () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "/", ".") }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(words, fc.string({ unit: fc.constantFrom("a", "b", "/", ".") }), (parts, name) => {
        const pattern = parts.join("*");
        const regex = new RegExp(
          `^${pattern
            .split("*")
            .map((part) => part.replaceAll(".", "\\."))
            .join(".*")}$`,
        );
        expect(branchMatches(pattern, name)).toBe(regex.test(name));
        expect(branchMatches(pattern, parts.join("ab"))).toBe(true);
      }),
    );
  });
});

describe("source", () => {
  const readable = (files: number, bytes: number, envFiles: string[] = []) =>
    ({ kind: "readable", files, bytes, envFiles }) as const;
  it.each([
    { state: readable(3, 12_300_000), outcome: "pass", saw: "3 files, 12.3 MB." },
    {
      state: readable(0, 0),
      outcome: "fail",
      saw: "No file is left to ship once the ignored ones are taken out.",
    },
    { state: readable(100_001, 10), outcome: "fail", saw: /100001 files, 1 kB: more than the 100000 files/ },
    { state: readable(1, 1_000_000_001), outcome: "fail", saw: /more than the 100000 files or 1.0 GB/ },
    { state: readable(1, 100_000_001), outcome: "warn", saw: /the smallest Vercel plan/ },
    {
      state: readable(2, 10, [".env", "a/.env.prod"]),
      outcome: "warn",
      saw: /^\.env, a\/\.env\.prod are shipped/,
    },
    {
      state: { kind: "unreadable", because: "No such folder.", fix: "Name it." } as const,
      outcome: "fail",
      saw: "No such folder.",
    },
  ])("$outcome: $saw", ({ state, outcome, saw }) => {
    const judged = source.judge(state, settings());
    expect(judged.outcome).toBe(outcome);
    expect(judged.saw).toMatch(saw);
  });
});

describe("dependencies", () => {
  const asks = (change: { lockfile?: string; differences?: string[] }, count = 2) => ({
    lockfile: { kind: "package.json" as const, dependencies: count, ...change },
  });
  it.each([
    { facts: { lockfile: { kind: "no package.json" as const } }, outcome: "pass", saw: /no package\.json/ },
    {
      facts: { lockfile: { kind: "unreadable" as const, because: "package.json is not JSON." } },
      outcome: "fail",
      saw: /not JSON/,
    },
    { facts: asks({}, 0), outcome: "pass", saw: /no dependencies/ },
    { facts: asks({}), outcome: "fail", saw: /asks for 2 dependencies, but no lockfile pins them/ },
    {
      facts: asks({ lockfile: "package-lock.json", differences: [] }),
      outcome: "pass",
      saw: /package-lock.json matches/,
    },
    {
      facts: asks({ lockfile: "package-lock.json", differences: ["hono is new"] }),
      outcome: "fail",
      saw: /does not match package.json: hono is new/,
    },
    {
      facts: asks({ lockfile: "yarn.lock" }, 1),
      outcome: "pass",
      saw: /yarn.lock is there for 1 dependency; whether it matches/,
    },
    { facts: { command: "npm ls", result: ran({ exit: 1 }) }, outcome: "fail", saw: /`npm ls` ended with 1/ },
  ])("$outcome: $saw", ({ facts, outcome, saw }) => {
    const judged = dependencies.judge(facts, settings());
    expect(judged.outcome).toBe(outcome);
    expect(judged.saw).toMatch(saw);
  });
});

describe("tests", () => {
  it.each([
    { result: ran({ exit: 0 }), outcome: "pass", saw: "`npm test` ended well after 1s200ms." },
    {
      result: ran({ exit: 2, lastLines: ["1 failed.", " "] }),
      outcome: "fail",
      saw: "`npm test` ended with 2; its last line: 1 failed.",
    },
    {
      result: ran({ exit: 127, lastLines: ["sh: npm: not found"] }),
      outcome: "fail",
      saw: "`npm test` was not found; its last line: sh: npm: not found.",
    },
    { result: ran({}), outcome: "fail", saw: "`npm test` was stopped by a signal." },
    {
      result: ran({ timedOut: true, lastLines: ["still here"] }),
      outcome: "fail",
      saw: "`npm test` was stopped after 10m without an end; its last line: still here.",
    },
    { result: ran({ aborted: true }), outcome: "error", saw: "`npm test` was stopped before its end." },
    { result: ran({ notStarted: "no shell" }), outcome: "error", saw: "`npm test` did not start: no shell." },
  ])("$outcome: $saw", ({ result, outcome, saw }) => {
    expect(tests.judge({ command: "npm test", result }, settings())).toMatchObject({ outcome, saw });
  });
  it("warns when the playbook names none", () => {
    expect(tests.judge(undefined, settings())).toMatchObject({ outcome: "warn" });
  });
});

describe("variables", () => {
  const required = settings({ required_variables: ["A", "B"] });
  const facts = {
    platform: "vercel" as const,
    onPlatform: [] as string[],
    byPlaybook: [] as string[],
    inShell: [] as string[],
  };
  it.each([
    { change: { onPlatform: ["A", "B"] }, outcome: "pass", saw: "All 2 are set where the service will run." },
    {
      change: { onPlatform: ["A"], byPlaybook: ["B"] },
      outcome: "pass",
      saw: "All 2 are set where the service will run.",
    },
    {
      change: { onPlatform: ["A"] },
      outcome: "fail",
      saw: "1 required variable is not set for production: B.",
    },
    {
      change: { inShell: ["A", "B"] },
      outcome: "fail",
      saw: "2 required variables are not set for production: A, B. A, B are set in this shell only, which the service does not see.",
    },
  ])("$outcome: $saw", ({ change, outcome, saw }) => {
    expect(variables.judge({ ...facts, ...change }, required)).toMatchObject({ outcome, saw });
  });
});

describe("platform", () => {
  const problem = new Problem({
    code: "ATM-302",
    title: "t",
    happened: "The token was refused.",
    fix: "Log in.",
  });
  it.each([
    { facts: { account: "ada" }, outcome: "pass", saw: "It knows us as ada." },
    { facts: { account: "ada", team: "core" }, outcome: "pass", saw: "It knows us as ada in core." },
    { facts: { problem }, outcome: "fail", saw: "The token was refused.", fix: "Log in." },
  ])("$outcome: $saw", ({ facts, outcome, saw, fix }) => {
    expect(platform.judge(facts, settings())).toMatchObject({ outcome, saw, ...(fix ? { fix } : {}) });
  });
});

describe("way-back", () => {
  it.each([
    { facts: {}, outcome: "warn", saw: "This is the first release: nothing to return to." },
    {
      facts: { current: deployment("dpl_1") },
      outcome: "pass",
      saw: "Production serves dpl_1, which is ready.",
    },
    {
      facts: { current: deployment("dpl_1"), shifting: { to: "dpl_2", share: 0.25 } },
      outcome: "fail",
      saw: "A rolling release to dpl_2, which has 25 % of the traffic, is under way and not of this release.",
    },
    {
      facts: { current: deployment("dpl_2", "failed"), proven: deployment("dpl_1") },
      outcome: "warn",
      saw: /a rollback would go to dpl_1/,
    },
    {
      facts: { current: deployment("dpl_2", "gone") },
      outcome: "fail",
      saw: /dpl_2 is gone, and no earlier deployment was proven good/,
    },
    {
      facts: { current: deployment("dpl_1"), moving: { to: "dpl_2", kind: "promote" as const } },
      outcome: "fail",
      saw: "The platform is still carrying out a promote to dpl_2.",
    },
  ])("$outcome: $saw", ({ facts, outcome, saw }) => {
    const judged = wayBack.judge(facts, settings());
    expect(judged.outcome).toBe(outcome);
    expect(judged.saw).toMatch(saw);
  });
});

describe("numbers", () => {
  const found = (outcome: NumbersFinding["outcome"], counter: string = outcome): NumbersFinding => ({
    counter,
    outcome,
    saw: `${counter} is ${outcome}.`,
  });
  it.each([
    { findings: [found("pass")], outcome: "pass", saw: "pass is pass.", fix: undefined },
    {
      findings: [found("pass"), found("warn")],
      outcome: "warn",
      saw: "warn is warn.",
      fix: /Nothing needs doing/,
    },
    {
      findings: [found("warn"), found("error"), found("pass")],
      outcome: "error",
      saw: "error is error.",
      fix: /canary\.prometheus\.url/,
    },
    {
      findings: [found("error"), found("fail", "a"), found("fail", "b")],
      outcome: "fail",
      saw: "a is fail. b is fail.",
      fix: /preflight\.numbers: false/,
    },
  ])("$outcome: $saw", ({ findings, outcome, saw, fix }) => {
    const judged = numbers.judge(findings, settings());
    expect(judged).toMatchObject({ outcome, saw });
    if (fix === undefined) expect(judged.fix).toBeUndefined();
    else expect(judged.fix).toMatch(fix);
  });
});

describe("split", () => {
  const wanted = { deployment: "dpl_1", config: "ecfg_1", item: "split_shop" };
  const helper = { kind: "helper" as const, ...wanted, readable: true };
  const on = (...sights: SplitState["hosts"][number]["sight"][]): SplitState => ({
    wanted,
    hosts: sights.map((sight, at) => ({ host: `https://h${at}`, sight })),
  });
  const silent = { kind: "silent" as const, because: "no connection" };
  it.each<{ state: SplitState; outcome: string; saw: RegExp }>([
    { state: { wanted: undefined, hosts: [] }, outcome: "warn", saw: /first release/ },
    { state: on(helper, helper), outcome: "pass", saw: /^The helper in dpl_1 reads the weights, on 2 hosts/ },
    {
      state: on(helper, { kind: "none", status: 404 }),
      outcome: "fail",
      saw: /^https:..h1 answers 404 without/,
    },
    { state: on({ ...helper, readable: false }), outcome: "fail", saw: /h0 can not read the weights/ },
    { state: on(silent, helper), outcome: "error", saw: /h0 does not answer: no connection/ },
    { state: on(silent, { kind: "none", status: 200 }), outcome: "fail", saw: /h0 .*; https:..h1/ },
  ])("$outcome: $saw", ({ state, outcome, saw }) => {
    const judged = split.judge(state, settings());
    expect(judged.outcome).toBe(outcome);
    expect(judged.saw).toMatch(saw);
    expect(judged.fix === undefined).toBe(outcome === "pass");
  });
});

describe("alerts", () => {
  const blind = (rule: string) => ({ rule, because: "no monitor gives memory" });
  it.each([
    { facts: { rules: 1, blind: [], unheard: [] }, outcome: "pass", saw: /^1 rule, on what is measured/ },
    { facts: { rules: 4, blind: [], unheard: [] }, outcome: "pass", saw: /^4 rules/ },
    {
      facts: { rules: 4, blind: [], unheard: ["page_oncall of down reaches nobody"] },
      outcome: "warn",
      saw: /^page_oncall of down reaches nobody\.$/,
    },
    {
      facts: { rules: 5, blind: ["a", "b", "c", "d", "e"].map(blind), unheard: ["x"] },
      outcome: "fail",
      saw: /^a: no monitor gives memory\. b: .* c: .*\. And 2 more\.$/,
    },
  ])("$outcome: $saw", ({ facts, outcome, saw }) => {
    const judged = alerts.judge(facts, settings());
    expect(judged.outcome).toBe(outcome);
    expect(judged.saw).toMatch(saw);
  });
});

describe("disk", () => {
  it.each([
    { freeBytes: 300_000_000, sourceBytes: 1, outcome: "pass" },
    { freeBytes: 300_000_000, sourceBytes: 50_000_000, outcome: "fail" },
    { freeBytes: 1_000, sourceBytes: 0, outcome: "fail" },
  ])("$freeBytes free, $sourceBytes to ship: $outcome", ({ freeBytes, sourceBytes, outcome }) => {
    expect(disk.judge({ folder: "/x", freeBytes, sourceBytes }, settings()).outcome).toBe(outcome);
  });
});

it("every judgement that is not a pass says what to do, the allowed branch excepted", () => {
  const judged = [
    gitClean.judge(outside, settings()),
    branch.judge(refused, settings()),
    tests.judge(undefined, settings()),
  ];
  for (const one of judged) expect(one.fix).toMatch(/\S/);
});
