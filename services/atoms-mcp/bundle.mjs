// Writes deploy/: the server as one file with the embedded database beside it, so that a platform can run it without
// an install step. Run by `npm run bundle --workspace atoms-mcp`.
import { cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "deploy");
const pglite = dirname(fileURLToPath(import.meta.resolve("@electric-sql/pglite")));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
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
  banner: { js: 'import { createRequire as __require } from "node:module"; const require = __require(import.meta.url);' },
  logLevel: "error",
});
// The database looks for these beside the file it was loaded from.
for (const asset of ["pglite.wasm", "pglite.data", "initdb.wasm"]) await cp(join(pglite, asset), join(out, asset));
const manifest = { name: "atoms-mcp", type: "module", scripts: { start: "node server.js serve" } };
await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);

for (const name of await readdir(out)) {
  const { size } = await stat(join(out, name));
  console.log(`${(size / 1024).toFixed(0).padStart(7)} kB  ${name}`);
}
