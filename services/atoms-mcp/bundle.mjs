// Writes deploy/: the server as one file with the embedded database beside it, so that a platform can run it without
// an install step. Run by `npm run bundle --workspace atoms-mcp`; `node bundle.mjs DIR` writes somewhere else.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "deploy"));
const pglite = dirname(fileURLToPath(import.meta.resolve("@electric-sql/pglite")));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const template = makeTemplate();
await build({
  entryPoints: [join(here, "src/main.ts")],
  outfile: join(out, "server.js"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  minify: true,
  legalComments: "none",
  // pg asks for its native twin only where that is wanted.
  external: ["pg-native", "pg-cloudflare"],
  // CommonJS packages inside an ES module still call require for Node's own modules.
  banner: {
    js: 'import { createRequire as __require } from "node:module"; const require = __require(import.meta.url);',
  },
  logLevel: "error",
});
// The database looks for these beside the file it was loaded from.
for (const asset of ["pglite.wasm", "pglite.data", "initdb.wasm"])
  await cp(join(pglite, asset), join(out, asset));
await cp(await template, join(out, "pgdata.tar.gz"));
// Also for `npx atoms-mcp` from this repository. Moved into place: a server may be reading the old one.
await mkdir(join(here, "dist"), { recursive: true });
await cp(await template, join(here, `dist/pgdata.${process.pid}`));
await rename(join(here, `dist/pgdata.${process.pid}`), join(here, "dist/pgdata.tar.gz"));
const manifest = { name: "atoms-mcp", type: "module", scripts: { start: "node server.js serve" } };
await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

for (const name of await readdir(out)) {
  const { size } = await stat(join(out, name));
  console.log(`${(size / 1024).toFixed(0).padStart(7)} kB  ${name}`);
}

/**
 * A freshly initialised data folder, packed. Making one takes seconds and twice the memory of unpacking one, so it is
 * made here once per database version, instead of at every start of a server.
 */
async function makeTemplate() {
  const { version } = JSON.parse(await readFile(join(pglite, "../package.json"), "utf8"));
  const kept = join(here, `node_modules/.cache/pgdata-${version}.tar.gz`);
  if (existsSync(kept)) return kept;
  const { PGlite } = await import("@electric-sql/pglite");
  const db = await PGlite.create();
  const packed = await db.dumpDataDir("none");
  await db.close();
  await mkdir(dirname(kept), { recursive: true });
  // Written beside and moved, so that a build that is stopped half-way leaves no half template.
  await writeFile(`${kept}.${process.pid}`, await promisify(gzip)(Buffer.from(await packed.arrayBuffer())));
  await rename(`${kept}.${process.pid}`, kept);
  return kept;
}
