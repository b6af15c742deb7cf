import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

let folder: string;
let first: ChildProcess;
let said: { api: string; edge: string; folder: string; pid: number };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cloud-command-"));
  await writeFile(join(folder, "file"), "");
  first = start("--dir", "held", "--port", "0");
  const [line] = await once(createInterface({ input: first.stdout as NodeJS.ReadableStream }), "line");
  said = JSON.parse(String(line));
}, 60_000);
afterAll(async () => {
  const gone = once(first, "exit");
  first.kill("SIGTERM");
  await gone;
  await rm(folder, { recursive: true, force: true });
});

const start = (...args: string[]) =>
  spawn(process.execPath, [MAIN, "cloud", "--json", ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });

/** Runs the command to its end. */
async function refused(...args: string[]): Promise<{ code: number; text: string; err: string }> {
  const child = start(...args);
  let text = "";
  let err = "";
  child.stdout.on("data", (part) => {
    text += part;
  });
  child.stderr.on("data", (part) => {
    err += part;
  });
  const [code] = await once(child, "close");
  return { code, text, err };
}

it("says where it is in one line", () => {
  expect(said).toMatchObject({
    api: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    edge: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    token: expect.stringMatching(/^\w+$/),
    team: { id: expect.stringMatching(/^team_/), slug: "local" },
    folder: expect.stringContaining("held"),
    pid: first.pid,
  });
});

it.each([
  ["a folder that another cloud holds", () => ["--dir", "held"], () => `process id ${said.pid}`],
  ["a port that is taken", () => ["--port", new URL(said.api).port], () => "something else is using it"],
  ["a folder below a file", () => ["--dir", "file/cloud"], () => "is a file, not a directory"],
  [
    "a folder where nobody can make one",
    () => ["--dir", "/proc/x/y"],
    () => "cannot keep its state in /proc/x/y",
  ],
  [
    "a folder that the system keeps to itself",
    () => ["--dir", "/sys/x"],
    () => "cannot keep its state in /sys/x",
  ],
])(
  "refuses %s, and says what to do",
  async (_what, args, reason) => {
    const { code, text, err } = await refused(...args());
    expect(code).toBe(4);
    expect(JSON.parse(text).problem).toMatchObject({
      code: "ATM-932",
      happened: expect.stringContaining(reason()),
    });
    expect(err).toContain("Next: Name another folder");
  },
  60_000,
);
