// Makes the database folder that a first start of the embedded store copies: with the tables of the store and of the
// engine, and no rows. That takes a fraction of the time and memory of making one anew; without it a first start makes
// its own. Made once per version of the database, of our tables and of the engine underneath. Part of `npm run build`.
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { openDbosEngine } from "../packages/engine/dist/index.js";
import { templateFolder } from "../packages/store/dist/embedded/template.js";
import { openStore } from "../packages/store/dist/index.js";

const manifest = new URL("../packages/engine/package.json", import.meta.url);
const engine = JSON.parse(readFileSync(manifest, "utf8")).dependencies["@dbos-inc/dbos-sdk"];
const template = templateFolder();
const dist = dirname(template);
/** Says with which engine it was made; written last. */
const madeWith = `${template}.engine`;

if (!existsSync(template) || !existsSync(madeWith) || readFileSync(madeWith, "utf8") !== engine) {
  for (const name of await readdir(dist))
    if (name.startsWith("template-")) await rm(join(dist, name), { recursive: true, force: true });
  const folder = await mkdtemp(join(dist, "draft-"));
  try {
    const store = await openStore({ folder });
    const { connectionString, pool } = store;
    await (await openDbosEngine({ connectionString, flows: [] })).close();
    // Where the engine writes down whom it has seen.
    await pool.query("delete from atoms_engine.application_versions");
    await store.close();
    // Moved when it is whole, so that a build that is stopped half-way leaves no half template.
    await rename(join(folder, "data"), template).catch((error) => {
      // Another build was faster.
      if (!existsSync(template)) throw error;
    });
    await writeFile(madeWith, engine);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`made ${basename(template)}`);
}
