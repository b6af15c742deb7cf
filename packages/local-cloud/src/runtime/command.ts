import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Output } from "../model.js";
import { ROUTES_VARIABLE } from "../routing/own-routes.js";
import type { Limits } from "../settings.js";

/** A program to start. A shell sets its limit and becomes it; none stays unless the user's own command needs one. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The built helper files; this file is at the same depth in `src/` and in `dist/`. */
const helpers = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "dist", "runtime");

/** True when the helpers that child processes need have been built. */
export function helpersAreBuilt(): boolean {
  return existsSync(join(helpers, "leash.js"));
}

/** Sets soft and hard limit, so that the program cannot raise it; a machine that allows less keeps to its own. */
const LIMITED = 'ulimit -n "$1" 2>/dev/null; shift; exec "$@"';

/** How the output of a build is started, within the limits. `source` is the deployment's source folder. */
export function commandOf(
  output: Output,
  source: string,
  { memoryMb, openFiles }: Pick<Limits, "memoryMb" | "openFiles">,
): Command {
  const { file, args, ...rest } = programOf(output, source, memoryMb);
  return { ...rest, file: "/bin/sh", args: ["-c", LIMITED, "sh", String(openFiles), file, ...args] };
}

function programOf(output: Output, source: string, memoryMb: number): Command {
  const cwd = resolve(source, output.cwd);
  const leash = ["--import", pathToFileURL(join(helpers, "leash.js")).href];
  const node = [...leash, `--max-old-space-size=${memoryMb}`, "--enable-source-maps"];
  const variables = {
    LOCAL_CLOUD_LEASH: "3",
    ...(output.routes === undefined ? {} : { [ROUTES_VARIABLE]: resolve(source, output.routes) }),
  };
  const run = (...args: string[]): Command => ({
    file: process.execPath,
    args: [...node, ...args],
    cwd,
    variables,
  });
  const runner = join(helpers, "runner.js");
  switch (output.kind) {
    case "node":
      return run(...output.args);
    case "shell":
      return {
        file: process.execPath,
        args: [...leash, join(helpers, "shell.js"), output.command],
        cwd,
        // Node processes below the shell keep to the loopback address too; only the leader holds the leash.
        variables: { ...variables, NODE_OPTIONS: `${leash.join(" ")} --max-old-space-size=${memoryMb}` },
      };
    case "module":
      return run(runner, "module", resolve(source, output.file), ...optional(source, output.publicFolder));
    case "static":
      return run(runner, "static", resolve(source, output.folder));
    case "functions":
      return run(
        runner,
        "functions",
        resolve(source, output.table),
        source,
        ...optional(source, output.publicFolder),
      );
    case "prebuilt":
      return run(runner, "prebuilt", resolve(source, output.folder));
  }
}

function optional(source: string, folder: string | null): string[] {
  return folder === null ? [] : [resolve(source, folder)];
}
