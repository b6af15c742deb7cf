import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const dist = (file: string) => new URL(`../../dist/${file}.js`, import.meta.url).href;

/** Loads modules in a process of their own. @returns The addresses of all that was loaded with them. */
async function loadedWith(modules: readonly string[]): Promise<string[]> {
  const hooks = `export async function load(url, context, next) { process._rawDebug(url); return next(url, context); }`;
  const program = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));
    for (const one of ${JSON.stringify(modules)}) await import(one);`;
  const { stderr } = await run(process.execPath, ["--input-type=module", "-e", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    timeout: 60_000,
  });
  return stderr.split("\n").filter((line) => line.startsWith("file:"));
}

// Schemas, the engine and the store take three times as long to load as all of this (bench/cli.mjs).
it("asks a running control plane what is wrong without loading schemas, engine or store", async () => {
  const loaded = await loadedWith([
    ...["program", "session", "options"].map(dist),
    ...["status", "alerts", "incident", "entry", "notices", "table", "state", "words"].map((view) =>
      dist(`views/${view}`),
    ),
    "@atoms/control-plane/ask",
  ]);
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((url) => /\/node_modules\/(zod|@dbos-inc|pg|@electric-sql|hono)\//.test(url))).toEqual(
    [],
  );
});
