import { gitEnvironment, runInGroup } from "../../../workspace/index.js";

type Env = Readonly<Record<string, string | undefined>>;

/** How a program ended: what it wrote, and in a few words why it is no success. */
type Ended = { ok: boolean; out: string; because: string };

const mostOutput = 16 * 1024 * 1024;

/** Runs git in a folder, without asking anybody, without hooks and without signing. */
export function gitIn(folder: string, base: Env) {
  const env = {
    ...gitEnvironment(base),
    // Who commits when nobody is named here; `user.name` of the repository goes before it.
    EMAIL: base["EMAIL"] ?? "atoms@localhost",
  };
  const settings = ["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgsign=false", "-c", "gc.auto=0"];
  return (args: readonly string[], how: { signal?: AbortSignal; timeoutMs?: number; own?: Env } = {}) =>
    run("git", [...settings, ...args], {
      cwd: folder,
      env: { ...env, ...how.own },
      timeoutMs: how.timeoutMs ?? 60_000,
      signal: how.signal,
    });
}
export type GitIn = ReturnType<typeof gitIn>;

/** Runs a program to its end. Never throws for what it does. */
export async function run(
  file: string,
  args: readonly string[],
  how: { cwd: string; env: Env; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Ended> {
  const said = { out: "", err: "" };
  const end = await runInGroup(file, args, {
    ...how,
    onOutput: (stream, text) => {
      if (said[stream].length < mostOutput) said[stream] += text;
    },
  });
  how.signal?.throwIfAborted();
  const because =
    end.notStarted?.code === "ENOENT"
      ? `there is no ${file} on this machine`
      : end.timedOut
        ? `${file} did not end within ${Math.round(how.timeoutMs / 1_000)} s`
        : (reasonIn(said.err) ?? `${file} ended with ${end.exit ?? "a signal"}`);
  return { ok: end.exit === 0, out: said.out, because };
}

/** What it says is the matter, from all that it wrote; addresses lose their passwords. */
function reasonIn(text: string): string | undefined {
  const lines = text.split("\n").map((line) => line.trim());
  const wanted = [/^fatal: /, /^npm (error|ERR!) (?!code|errno|syscall|A complete log)\S/, /^error: /, /\S/];
  const line = wanted.map((one) => lines.find((each) => one.test(each))).find((one) => one !== undefined);
  return line
    ?.replace(/^(?:fatal|error): |^npm (?:error|ERR!) /, "")
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, "$1")
    .replace(/[.:]$/, "")
    .slice(0, 300);
}
