// Writes dist/web/: the page, and beside it what the page loads, each under a name with its own digest and packed beforehand, so that
// the control plane only hands out bytes. Run by `npm run bundle --workspace @atoms/dashboard`.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist/web");
// Written beside and moved, so that a control plane that starts meanwhile finds the old one or the new one, whole.
const fresh = `${out}.${process.pid}`;

await rm(fresh, { recursive: true, force: true });
await mkdir(join(fresh, "assets"), { recursive: true });
const common = {
  outdir: join(fresh, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  target: ["chrome115", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "error",
};
const app = await build({
  ...common,
  entryPoints: { app: join(here, "src/main.tsx"), style: join(here, "src/style/main.css") },
  splitting: true,
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
});
const start = await build({ ...common, entryPoints: { start: join(here, "src/start.ts") }, format: "iife" });

const outputs = { ...app.metafile.outputs, ...start.metafile.outputs };
const addressOf = (output) => `/assets/${basename(output)}`;
const outputOf = (entry) => {
  const found = Object.keys(outputs).find((output) => outputs[output].entryPoint?.endsWith(entry));
  if (found === undefined) throw new Error(`nothing was made of ${entry}`);
  return found;
};
const made = (entry) => addressOf(outputOf(entry));
/** What a program cannot run without, and the page would otherwise learn of only when it has read the program. */
const neededBy = (output, seen = new Set()) => {
  for (const { path, kind } of outputs[output].imports)
    if (kind === "import-statement" && !seen.has(path)) neededBy(path, seen.add(path));
  return [...seen];
};
const preloads = neededBy(outputOf("src/main.tsx"))
  .map((output) => `<link rel="modulepreload" href="${addressOf(output)}">\n`)
  .join("");
const icon = await readFile(join(here, "src/icon.svg"), "utf8");
await writeFile(join(fresh, "assets/icon.svg"), icon);
await writeFile(
  join(fresh, "index.html"),
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Atoms</title>
<script src="${made("src/start.ts")}"></script>
<link rel="stylesheet" href="${made("src/style/main.css")}">
${preloads}<script type="module" src="${made("src/main.tsx")}"></script>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
</head>
<body>
<div id="app"><p class="starting">Atoms starts…</p></div>
<noscript><p>The dashboard needs JavaScript. <code>atoms status</code> says the same in a terminal.</p></noscript>
</body>
</html>
`,
);

let packed = 0;
for (const path of [
  "index.html",
  ...(await readdir(join(fresh, "assets"))).map((name) => `assets/${name}`),
]) {
  const bytes = gzipSync(await readFile(join(fresh, path)), { level: 9 });
  await writeFile(join(fresh, `${path}.gz`), bytes);
  packed += bytes.length;
  console.log(`${(bytes.length / 1024).toFixed(1).padStart(7)} kB  ${path}`);
}
console.log(`${(packed / 1024).toFixed(1).padStart(7)} kB  in all, as sent`);
await rm(out, { recursive: true, force: true });
await rename(fresh, out);
