import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Evidence, LedgerEntry, Platform } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { writeAtomically } from "../../workspace/write-atomically.js";

const linesOfLog = 10_000;
const deploymentsTold = 100;
const entriesAtOnce = 5_000;

/** Where the evidence of a recovery is kept. */
export const evidenceFolder = ({ places }: Pick<ControlPlane, "places">, release: string) =>
  join(places.home, "evidence", release);

/**
 * Keeps what may be gone tomorrow, with a checksum of every file: the log of what serves, the deployments, when variables were
 * written, and the whole ledger with the result of its verification. What cannot be read is said and keeps nothing else back.
 * Safe to run twice: the same files are written anew.
 */
export async function keepEvidence(
  plane: Pick<ControlPlane, "places" | "store" | "clock">,
  open: OpenPlaybook,
  platform: Platform,
  release: string,
  serving: string | undefined,
  signal: AbortSignal,
): Promise<Evidence> {
  const folder = evidenceFolder(plane, release);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files: Evidence["files"] = [];
  const missing: string[] = [];
  const keep = async (name: string, text: () => Promise<string>) => {
    try {
      const data = open.secrets.redact(await text());
      await writeAtomically(join(folder, name), data, 0o600);
      const sha256 = createHash("sha256").update(data).digest("hex");
      files.push({ name, bytes: Buffer.byteLength(data), sha256 });
    } catch (error) {
      signal.throwIfAborted();
      missing.push(`${name}: ${open.secrets.redact(error instanceof Error ? error.message : String(error))}`);
    }
  };
  const lines = (all: readonly unknown[]) => all.map((one) => `${JSON.stringify(one)}\n`).join("");
  if (serving !== undefined)
    await keep(`log-${serving}.ndjson`, async () => lines(await platform.logs(serving, linesOfLog, signal)));
  await keep("deployments.ndjson", async () => lines(await platform.deployments(deploymentsTold, signal)));
  await keep("aliases.ndjson", async () => lines(await platform.aliases(signal)));
  await keep("variables.ndjson", async () => lines(await platform.variables({ values: false }, signal)));
  const { ledger } = await plane.store();
  await keep("ledger.ndjson", async () => lines(await everyEntry(ledger)));
  const check = await ledger.verify();
  await keep("ledger-check.json", async () => `${JSON.stringify(check, null, 2)}\n`);
  const sums = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
  await writeAtomically(join(folder, "SHA256SUMS"), sums, 0o600);
  return { folder, files, intact: check.intact, missing };
}

async function everyEntry(ledger: {
  read(query: { after: number; limit: number }): Promise<LedgerEntry[]>;
}): Promise<LedgerEntry[]> {
  const all: LedgerEntry[] = [];
  for (;;) {
    const some = await ledger.read({ after: all.at(-1)?.seq ?? 0, limit: entriesAtOnce });
    all.push(...some);
    if (some.length < entriesAtOnce) return all;
  }
}
