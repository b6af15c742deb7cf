import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DrainSchema } from "@atoms/vercel";
import type { Places } from "./places.js";
import { writeAtomically } from "./workspace/write-atomically.js";

/** The drains that Atoms makes, by what they deliver. */
export const drainNames = ["log", "trace"] as const satisfies readonly DrainSchema[];

/** Whether a drain of that name is one of ours. */
export const isDrainName = (name: string): name is DrainSchema => drainNames.some((one) => one === name);

const shortest = 32;

/** The key by which the platform signs what it delivers to this folder's control plane; made once, for the owner alone. */
export async function drainSecret(places: Places): Promise<string> {
  const path = join(places.keys, "drain-secret");
  try {
    const standing = readFileSync(path, "utf8").trim();
    if (standing.length >= shortest) return standing;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made = randomBytes(32).toString("hex");
  await writeAtomically(path, made, 0o600);
  return made;
}
