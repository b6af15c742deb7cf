import { randomInt } from "node:crypto";
import { dirname } from "node:path";
import { type BreachSecret, newValueLost, secretNotRotated } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import type { KeptValues } from "./kept-values.js";
import { runQuietly } from "./run-quietly.js";

const alphabets = {
  base64url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
  hex: "0123456789abcdef",
  alphanumeric: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
} as const;
const passwordLength = 40;
const mostBytes = 64 * 1_024;

const randomText = (length: number, alphabet: string) =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");

/**
 * Makes the new value of a secret and keeps it. What is kept already is not made a second time.
 * @returns `open` when only people have it. @throws ATM-696 when it cannot be had.
 */
export async function makeValue(
  { env }: Pick<ControlPlane, "env">,
  open: OpenPlaybook,
  kept: KeptValues,
  secret: BreachSecret,
  signal: AbortSignal,
): Promise<{ is: "made" | "made before" | "given" | "open" }> {
  const { variable } = secret;
  if (kept.has(variable)) return { is: secret.kind === "manual" ? "given" : "made before" };
  switch (secret.kind) {
    case "manual":
      return { is: "open" };
    case "generated":
      await kept.keep(variable, randomText(secret.length, alphabets[secret.alphabet]));
      return { is: "made" };
    case "postgres_password": {
      const address = databaseAddress(open, secret);
      address.password = randomText(passwordLength, alphabets.alphanumeric);
      await kept.keep(variable, address.href);
      return { is: "made" };
    }
    case "command": {
      const ended = await runQuietly(secret.run, {
        cwd: dirname(open.file.path),
        env: { ...env, ATOMS_ROTATION: kept.rotation },
        timeoutMs: secret.within,
        mostBytes,
        signal,
      });
      if ("failed" in ended) throw secretNotRotated({ variable, because: `its command ${ended.failed}` });
      const value = ended.out.replace(/\r?\n$/, "");
      if (value.trim() === "")
        throw secretNotRotated({ variable, because: "its command ended well and wrote nothing" });
      await kept.keep(variable, value);
      return { is: "made" };
    }
  }
}

/** The kept value. @throws ATM-697 when it is not here (any more). */
export function keptValueOf(kept: KeptValues, { variable }: Pick<BreachSecret, "variable">): string {
  const value = kept.read(variable);
  if (value === undefined) throw newValueLost({ variable, where: kept.pathOf(variable) });
  return value;
}

/** The address by which the service's database is reached now. @throws ATM-696 when it names no role. */
export function databaseAddress(
  { settings }: Pick<OpenPlaybook, "settings">,
  { variable, database }: BreachSecret & { kind: "postgres_password" },
): URL {
  const url = settings.backup.databases[database]?.url;
  if (url === undefined || !URL.canParse(url) || new URL(url).username === "")
    throw secretNotRotated({
      variable,
      because: `backup.databases.${database}.url names no role whose password could be changed`,
    });
  return new URL(url);
}
