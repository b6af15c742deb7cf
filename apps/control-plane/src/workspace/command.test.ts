import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand } from "./command.js";

const cwd = realpathSync(mkdtempSync(join(tmpdir(), "atoms-command-")));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (command: string, options: Partial<Parameters<typeof runCommand>[1]> = {}) =>
  runCommand(command, { cwd, timeoutMs: 10_000, graceMs: 300, ...options });

const alive = (pid: number) => {
  try {
    // A process that has ended but was not collected yet still has its number.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const within = async (ms: number, condition: () => boolean) => {
  const until = Date.now() + ms;
  while (Date.now() < until && !condition()) await new Promise((resolve) => setTimeout(resolve, 20));
  return condition();
};
const pidsIn = (lines: string[]) => lines.filter((line) => /^\d+$/.test(line)).map(Number);

describe("runCommand", () => {
  it.each([
    { command: "true", exit: 0, lastLines: [] },
    { command: "echo out; echo err >&2; exit 3", exit: 3, lastLines: ["out", "err"] },
    { command: "printf 'no newline'", exit: 0, lastLines: ["no newline"] },
    { command: "printf '10%%\\r99%%\\r\\nend\\n'", exit: 0, lastLines: ["10%", "99%", "end"] },
    { command: "printf '\\033[31mred\\033[0m\\n'", exit: 0, lastLines: ["red"] },
    { command: "pwd", exit: 0, lastLines: [cwd] },
    { command: 'read answer; echo "got <$answer>"', exit: 0, lastLines: ["got <>"] },
  ])("$command", async ({ command, exit, lastLines }) => {
    const result = await run(command);
    expect(result).toMatchObject({ exit, timedOut: false, aborted: false });
    expect(result.lastLines.sort()).toEqual(lastLines.sort());
  });

  it("says 127 for what is not there, and no exit for what a signal stopped", async () => {
    expect((await run("no-such-command-here")).exit).toBe(127);
    expect(await run("kill -9 $$")).not.toHaveProperty("exit");
  });

  it("does not start in a folder that is not there", async () => {
    expect(await run("true", { cwd: join(cwd, "none") })).toMatchObject({
      notStarted: expect.stringMatching(/ENOENT/),
    });
  });

  it("keeps the last 50 lines, tells all, and blanks secrets before anybody sees them", async () => {
    const seen: string[] = [];
    const result = await run("i=0; while [ $i -lt 80 ]; do echo line $i hush; i=$((i+1)); done", {
      onLine: (line) => seen.push(line),
      redact: (line) => line.replaceAll("hush", "***"),
    });
    expect(seen).toHaveLength(80);
    expect(result.lastLines).toEqual(seen.slice(-50));
    expect(result.lastLines.at(-1)).toBe("line 79 ***");
  });

  it("gives the command the variables it is told to", async () => {
    expect((await run("echo $A-$HOME", { env: { A: "1" } })).lastLines).toEqual(["1-"]);
  });

  it("stops the whole group when the time is up, children that ignore SIGTERM among it", async () => {
    const stubborn = "sh -c 'trap \"\" TERM; echo $$; while true; do sleep 0.1; done'";
    const result = await run(`${stubborn} & ${stubborn} & echo $$; wait`, { timeoutMs: 400 });
    expect(result).toMatchObject({ timedOut: true, aborted: false });
    expect(result).not.toHaveProperty("exit");
    expect(result.ms).toBeLessThan(3_000);
    const pids = pidsIn(result.lastLines);
    expect(pids).toHaveLength(3);
    expect(await within(2_000, () => !pids.some(alive))).toBe(true);
  });

  it("stops at once when the caller gives up, before and while it runs", async () => {
    const never = await run("sleep 60", { signal: AbortSignal.abort() });
    expect(never).toMatchObject({ aborted: true, lastLines: [] });
    expect(never.ms).toBeLessThan(3_000);
    const stop = new AbortController();
    const running = run("echo $$; sleep 60", { signal: stop.signal, onLine: () => stop.abort() });
    const result = await running;
    expect(result).toMatchObject({ aborted: true, timedOut: false });
    expect(await within(2_000, () => !pidsIn(result.lastLines).some(alive))).toBe(true);
  });

  it("does not wait for what a command leaves in the background, and leaves nothing behind", async () => {
    const result = await run("sleep 60 & echo $!");
    expect(result).toMatchObject({ exit: 0 });
    expect(result.ms).toBeLessThan(3_000);
    expect(await within(2_000, () => !pidsIn(result.lastLines).some(alive))).toBe(true);
  });

  it("does not wait for the output of a process that left the group", async () => {
    const result = await run("setsid sh -c 'echo $$; exec sleep 5' & sleep 0.2");
    const [pid = 0] = pidsIn(result.lastLines);
    expect(result.ms).toBeLessThan(3_000);
    process.kill(pid, "SIGKILL");
  });
});
