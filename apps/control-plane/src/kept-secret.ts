import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "./places.js";
import { writeUnlessThere } from "./workspace/write-atomically.js";

/** A secret that is shorter is no secret. */
const shortest = 32;

/**
 * A secret of this folder, for the owner alone: made once, and the same for all who ask for it at the same time.
 * @param name The name of its file among the keys.
 */
export async function keptSecret(places: Places, name: string): Promise<string> {
  const path = join(places.keys, name);
  const standing = read(path);
  if (standing !== undefined) return standing;
  const made = randomBytes(32).toString("hex");
  await writeUnlessThere(path, made, 0o600);
  const kept = read(path);
  if (kept === undefined) throw new Error(`${path} holds no secret; delete it, and a new one is made`);
  return kept;
}

/** The key of the links: ATOMS_LINK_SECRET, which several control planes can share, or one made for this folder. */
export async function linkSecret(
  places: Places,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const given = env["ATOMS_LINK_SECRET"];
  return given !== undefined && given.length >= shortest ? given : keptSecret(places, "link-secret");
}

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return text.length >= shortest ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
