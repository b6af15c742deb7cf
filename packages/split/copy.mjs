// Copies the built helper into a service: `node packages/split/copy.mjs path/to/service/atoms-split`, after `npm ci`.
// The files are plain JavaScript modules without dependencies, to be committed with the service.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("dist/", import.meta.url));
const folder = process.argv[2];
if (folder === undefined) {
  console.error("Usage: node packages/split/copy.mjs <folder in the service>");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const old of readdirSync(folder).filter((name) => name.endsWith(".js"))) rmSync(join(folder, old));
const files = readdirSync(dist).filter((name) => name.endsWith(".js"));
for (const name of files) {
  const text = readFileSync(join(dist, name), "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
  writeFileSync(join(folder, name), text);
}
// The service around it may be CommonJS.
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
console.log(`${files.length} files written to ${folder}`);
