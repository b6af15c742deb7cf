import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Output } from "../model.js";

const NAMES = ["middleware.ts", "middleware.mts", "middleware.js", "middleware.mjs"];
const EXPORTS =
  /\bexport\s+(?:default\b|(?:async\s+)?function\s+middleware\b|const\s+middleware\b|\{[^}]*\b(?:middleware|default)\b)/;
const MEANT_FOR_VERCEL = /["'](?:@vercel\/(?:functions|edge)|next\/server)["'/]|\bmatcher\s*:/;

/** Frameworks that run such a file by themselves. */
const OF_THEIR_OWN = new Set(["nextjs", "blitzjs"]);

/**
 * The file of a project's middleware: at the top of its folder, with an export that can be one. A project with a server of
 * its own may well have a file of that name for other ends, so there it must also look as if it were meant for Vercel.
 * @param framework slug of the project's framework; null for none
 * @returns its name, or null
 */
export async function findMiddleware(
  cwd: string,
  output: Output,
  framework: string | null,
): Promise<string | null> {
  if (OF_THEIR_OWN.has(framework ?? "")) return null;
  const name = NAMES.find((one) => existsSync(join(cwd, one)));
  if (name === undefined) return null;
  const text = await readFile(join(cwd, name), "utf8");
  const isServer = output.kind === "node" || output.kind === "shell";
  return EXPORTS.test(text) && (!isServer || MEANT_FOR_VERCEL.test(text)) ? name : null;
}
