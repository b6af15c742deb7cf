import { createHash } from "node:crypto";
import { constants, cpSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrations } from "../migrations/index.js";

/**
 * Where the build puts a database folder that has all tables and no rows, made by the version of the database that is
 * installed. Its name tells of both, so that one with other tables is never taken.
 */
export function templateFolder(): string {
  const manifest = new URL("../package.json", import.meta.resolve("@electric-sql/pglite"));
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const tables = createHash("sha256").update(JSON.stringify(migrations)).digest("hex").slice(0, 12);
  return fileURLToPath(new URL(`../../dist/template-${version}-${tables}`, import.meta.url));
}

/** Copies that database to where there is none yet. Does nothing where there is one, or when there is no template. */
export function fillFromTemplate(data: string): void {
  if (existsSync(data)) return;
  const template = templateFolder();
  if (!existsSync(join(template, "PG_VERSION"))) return;
  const draft = `${data}.draft`;
  try {
    rmSync(draft, { recursive: true, force: true });
    cpSync(template, draft, { recursive: true, mode: constants.COPYFILE_FICLONE });
    renameSync(draft, data);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
