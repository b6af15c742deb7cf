import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bearerFailed, type PlaybookSettings } from "@atoms/playbook";

const timeoutMs = 30_000;

/**
 * Gets the token for authenticated requests: the playbook's own, or what its command prints.
 * @param folder Folder the command runs in: the playbook's.
 * @returns undefined when the playbook names neither.
 * @throws ATM-403 when the command fails, prints nothing, or is not done in 30 s. What it printed is not told.
 */
export async function bearerToken(
  settings: PlaybookSettings["validation"]["bearer"],
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (settings === undefined) return undefined;
  if ("value" in settings) return settings.value;
  const run = promisify(execFile);
  const stdout = await run("/bin/sh", ["-c", settings.command], {
    cwd: folder,
    env,
    timeout: timeoutMs,
  }).then(
    (done) => done.stdout,
    (error: { killed?: boolean; code?: number | string }) => {
      throw bearerFailed({
        because:
          error.killed === true
            ? `the command was not done after ${timeoutMs / 1_000} s`
            : `the command ended with exit code ${error.code ?? "none"}`,
      });
    },
  );
  const token = stdout.trim().split("\n").at(-1)?.trim() ?? "";
  if (token === "") throw bearerFailed({ because: "the command printed nothing" });
  return token;
}
