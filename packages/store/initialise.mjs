// Makes an empty database folder in dist/, once per version of the embedded database: copying it takes a tenth of the
// time and memory of making one anew. Without it a first start makes its own. Part of `npm run build`.
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { templateFolder } from "./dist/embedded/template.js";

const template = templateFolder();
if (!existsSync(template)) {
  const { PGlite } = await import("@electric-sql/pglite");
  const draft = `${template}.${process.pid}`;
  await mkdir(dirname(draft), { recursive: true });
  const db = await PGlite.create({ dataDir: draft, onStdout: () => false, onStderr: () => false });
  await db.exec("checkpoint");
  await db.close();
  // Moved when it is whole, so that a build that is stopped half-way leaves no half template.
  await rename(draft, template).catch(async (error) => {
    await rm(draft, { recursive: true, force: true });
    // Another build was faster.
    if (!existsSync(template)) throw error;
  });
}
