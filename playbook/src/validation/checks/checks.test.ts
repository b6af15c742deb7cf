import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../terms/index.js";
import { makeCheck } from "../smoke.js";
import * as twins from "../twins.contract.js";
import { visit } from "../visit.js";
import { badHttpTwins } from "./bad-http-twins.contract.js";
import { badMcpTwins } from "./bad-mcp-twins.contract.js";
import type { BadTwin } from "./bad-twin.contract.js";
import { checks } from "./index.js";

const badTwins: BadTwin[] = [...badHttpTwins, ...badMcpTwins];

async function run(name: string, bad?: BadTwin): Promise<Finding> {
  const check = checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  const twin = await twins.startTwin(bad?.differs);
  try {
    const plan = twins.everything((settings) => {
      settings["timeout"] = bad?.twin === "no answer" ? "100ms" : "2s";
      bad?.plan?.(settings);
    });
    const bearerToken = async () => (bad !== undefined && "token" in bad ? bad.token : twins.token);
    return await makeCheck(check, visit(twins.target(twin), plan, twins.ports({ bearerToken })));
  } finally {
    await twin.close();
  }
}

describe("the good twin", () => {
  it.each(checks.map((check) => check.name))("passes %s", async (name) => {
    expect(await run(name)).toMatchObject({ check: name, outcome: "pass" });
  });
});

describe("a bad twin is noticed", () => {
  it.each(badTwins)("$check: $twin", async (bad) => {
    const finding = await run(bad.check, bad);
    expect(finding.saw).toMatch(bad.saw);
    expect(finding.outcome).toBe(bad.outcome ?? "fail");
    expect(finding.fix).toBeTruthy();
    const text = JSON.stringify(finding);
    for (const secret of [twins.token, twins.probe, "s3cr3t"]) expect(text).not.toContain(secret);
  });
});

describe("the list of checks", () => {
  it("has a bad twin for every check", () => {
    expect(new Set(badTwins.map((bad) => bad.check))).toEqual(new Set(checks.map((check) => check.name)));
  });

  it("holds every file of the folder, under the file's own name", () => {
    const shared = ["check", "index", "mcp-refusal"];
    const files = readdirSync(new URL(".", import.meta.url))
      .filter((file) => /^[a-z0-9-]+\.ts$/.test(file))
      .map((file) => file.replace(/\.ts$/, ""))
      .filter((file) => !shared.includes(file));
    expect(checks.map((check) => check.name).sort()).toEqual(files.sort());
  });

  it("ends with what uses up an allowance", () => {
    expect(checks.filter((check) => check.last).map((check) => check.name)).toEqual(["rate-limit"]);
    expect(checks.at(-1)?.name).toBe("rate-limit");
  });
});
