import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openShop, type Shop } from "./cli/shop.js";

// The steps of action.yml as a runner of GitHub takes them: the same shell, the same files, the expressions put in.
const root = fileURLToPath(new URL("..", import.meta.url));
const token = "test_token_admin";
type Step = {
  name: string;
  id?: string;
  env?: Record<string, string>;
  run: string;
  "working-directory": string;
};
const action: {
  inputs: Record<string, { default: string }>;
  runs: { steps: Step[] };
  outputs: Record<string, { value: string }>;
} = parse(readFileSync(join(root, "action.yml"), "utf8"));

let emulator: Emulator;
let shop: Shop;
let temp: string;

/** Runs all steps of the action. @returns what a workflow sees of it. */
async function uses(given: Record<string, string>, event: object = {}) {
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, one]) => [name, given[name] ?? one.default]),
  );
  const known: Record<string, string> = { "github.action_path": root, "github.token": token };
  const put = (text: string): string =>
    text.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => {
      const value = name.startsWith("inputs.") ? put(inputs[name.slice(7)] ?? "") : known[name];
      if (value === undefined) throw new Error(`action.yml asks for ${name}, which no runner knows`);
      return value;
    });
  const files = {
    GITHUB_OUTPUT: join(temp, "output"),
    GITHUB_STEP_SUMMARY: join(temp, "summary"),
    GITHUB_EVENT_PATH: join(temp, "event.json"),
  };
  writeFileSync(files.GITHUB_OUTPUT, "");
  writeFileSync(files.GITHUB_STEP_SUMMARY, "");
  writeFileSync(files.GITHUB_EVENT_PATH, JSON.stringify(event));
  let log = "";
  let code: number | null = 0;
  for (const step of action.runs.steps) {
    if (code !== 0) break;
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
      cwd: resolve(shop.folder, put(step["working-directory"])),
      env: {
        PATH: process.env["PATH"],
        HOME: shop.folder,
        GITHUB_ACTIONS: "true",
        GITHUB_REPOSITORY: "octo/shop",
        GITHUB_API_URL: emulator.url,
        RUNNER_TEMP: temp,
        ...files,
        ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, put(value)])),
      },
    });
    child.stdout.on("data", (text) => (log += text));
    child.stderr.on("data", (text) => (log += text));
    code = await new Promise((ended) => child.on("close", ended));
  }
  const outputs = Object.fromEntries(
    [...readFileSync(files.GITHUB_OUTPUT, "utf8").matchAll(/^(.+)<<(.+)\n([\s\S]*?)\n\2$/gm)].map(
      ([, name, , value]) => [name, value],
    ),
  );
  return { code, log, outputs, summary: readFileSync(files.GITHUB_STEP_SUMMARY, "utf8") };
}

/** What GitHub tells of an issue, or of each comment on one. */
type Told = { number: number } & { body: string }[];

async function github(method: string, path: string, body?: object) {
  const response = await fetch(`${emulator.url}/repos/octo/shop/issues${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await response.json()) as Told;
}

beforeAll(async () => {
  emulator = await createEmulator({
    service: "github",
    seed: {
      tokens: { [token]: { login: "octo", scopes: ["repo"] } },
      github: { users: [{ login: "octo" }], repos: [{ owner: "octo", name: "shop" }] },
    },
  });
  temp = mkdtempSync(join(tmpdir(), "atoms-action-test-"));
  shop = openShop();
});
afterAll(async () => {
  await shop?.close();
  await emulator?.close();
  rmSync(temp, { recursive: true, force: true });
});

describe("the GitHub Action", () => {
  it("plans on a pull request, releases, and reports, each in one comment", async () => {
    const { number } = await github("POST", "", { title: "a change" });
    const event = { pull_request: { number } };

    const planned = await uses({}, event);
    expect(planned, planned.log).toMatchObject({ code: 0, outputs: { "exit-code": "0" } });
    expect(planned.summary).toMatch(/^## 🧭 shop to production: the plan/);
    expect(readFileSync(planned.outputs["markdown"] ?? "", "utf8")).toContain("phase by phase");

    const deployed = await uses({ command: "deploy", arguments: "--strategy\nstandard" }, event);
    expect(deployed, deployed.log).toMatchObject({
      code: 0,
      outputs: { "exit-code": "0", release: expect.stringMatching(/^rel_/) },
    });
    expect(deployed.log).toMatch(/✓ validate/);
    expect(deployed.summary).toMatch(/shop v.*: released/);
    expect(readFileSync(deployed.outputs["page"] ?? "", "utf8")).toMatch(/^<!doctype html>/i);

    const reported = await uses({ command: "report", arguments: deployed.outputs["release"] ?? "" }, event);
    expect(reported, reported.log).toMatchObject({
      code: 0,
      outputs: { release: deployed.outputs["release"] },
    });

    const bodies = (await github("GET", `/${number}/comments`)).map((one) => one.body);
    expect(bodies).toEqual([expect.stringContaining("the plan"), expect.stringContaining(": released")]);
  }, 120_000);

  it("ends as the command does, and says why, where there is nothing to release", async () => {
    shop.write("playbook.yaml", "version: 1\nservice: { nam: shop }\n");
    const refused = await uses({ command: "deploy" });
    expect(refused, refused.log).toMatchObject({ code: 2, outputs: { "exit-code": "2" }, summary: "" });
    expect(refused.log).toMatch(/nam/);
    expect(refused.log).toMatch(/::error::/);
  }, 60_000);

  it("runs nothing of what an input says", async () => {
    const trick = await uses({
      command: "plan",
      arguments: `$(touch ${temp}/owned)\n\`touch ${temp}/owned\``,
    });
    expect(trick.code).not.toBe(0);
    expect(() => readFileSync(`${temp}/owned`)).toThrow(/ENOENT/);
  }, 60_000);
});
