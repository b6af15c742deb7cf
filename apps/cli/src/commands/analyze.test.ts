import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { runAtoms } from "../program.js";

const examples = fileURLToPath(new URL("../../../../examples/analyze/", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "atoms-analyze-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Runs a command line in this process. @returns Its exit code and what it printed. */
async function atoms(...words: string[]) {
  const printed = { out: "", err: "" };
  const into = (where: "out" | "err") => (text: string | Uint8Array) => {
    printed[where] += text;
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(into("out"));
  vi.spyOn(process.stderr, "write").mockImplementation(into("err"));
  const code = await runAtoms(words, { env: {}, cwd: folder, user: "ada", version: "0" });
  vi.restoreAllMocks();
  return { code, ...printed };
}

describe("atoms analyze", () => {
  it.each([
    { file: "healthy.ndjson", code: 0, says: /^pass: every guardrail has proof of health\.$/m },
    {
      file: "failing-more.ndjson",
      code: 1,
      says: /^fail: errors-against-stable: .*4\.76% of 231 against 0\.723% on stable/m,
    },
    { file: "slower.ndjson", code: 1, says: /^fail: latency-against-stable/m },
    { file: "too-few.json", code: 5, says: /^inconclusive: .*none of health yet for 4 of 4/m },
  ])("ends with $code for $file", async ({ file, code, says }) => {
    const run = await atoms("analyze", join(examples, file));
    expect(run.out).toMatch(says);
    expect(run.out).toMatch(/canary \(95% interval\)/);
    expect(run).toMatchObject({ code, err: "" });
  });

  it("gives a program the same report every time", async () => {
    const once = await atoms("analyze", join(examples, "slower.ndjson"), "--json");
    expect(JSON.parse(once.out)).toMatchObject({
      verdict: { kind: "fail" },
      report: {
        guardrails: [
          { id: "errors" },
          { id: "slow" },
          { id: "errors-against-stable" },
          { id: "latency-against-stable", evidence: { alone: true } },
        ],
      },
    });
    expect(await atoms("analyze", join(examples, "slower.ndjson"), "--json")).toEqual(once);
  });

  it.each([
    { name: "no file", file: "missing.json", text: undefined, says: /no such file/ },
    { name: "a folder", file: ".", text: undefined, says: /it is a folder/ },
    {
      name: "something else",
      file: "package.json",
      text: '{\n "name": "x"\n}',
      says: /format: .*atoms-buckets/,
    },
    {
      name: "buckets that overlap",
      file: "overlap.json",
      text: JSON.stringify({
        format: "atoms-buckets/1",
        buckets: [0, 0].map((start) => ({
          start,
          seconds: 1,
          split: 0,
          canary: { requests: 0, errors: 0 },
          stable: { requests: 1, errors: 0 },
        })),
      }),
      says: /before the last one ended/,
    },
  ])("ends with 2 for $name", async ({ file, text, says }) => {
    if (text !== undefined) writeFileSync(join(folder, file), text);
    const run = await atoms("analyze", file);
    expect(run.err).toMatch(/ATM-927/);
    expect(run.err).toMatch(says);
    expect(run.code).toBe(2);
  });
});
