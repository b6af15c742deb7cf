import { bearerFailed, type PlaybookSettings } from "@atoms/playbook";
import { execa } from "execa";

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
  const result = await execa(settings.command, {
    shell: true,
    cwd: folder,
    env,
    extendEnv: false,
    stdin: "ignore",
    timeout: timeoutMs,
    reject: false,
    cleanup: true,
  });
  if (result.timedOut)
    throw bearerFailed({ because: `the command was not done after ${timeoutMs / 1_000} s` });
  if (result.failed)
    throw bearerFailed({ because: `the command ended with exit code ${result.exitCode ?? "none"}` });
  const token = result.stdout.trim().split("\n").at(-1)?.trim() ?? "";
  if (token === "") throw bearerFailed({ because: "the command printed nothing" });
  return token;
}
