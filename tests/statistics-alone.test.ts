import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs a program as a stranger would: by the built package and its exports, with nothing else. */
const run = (program: string) =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: root,
    encoding: "utf8",
    timeout: 15_000,
  });

describe("the statistics, imported by themselves", () => {
  it("judge what the README's program tells them", () => {
    const page = readFileSync(new URL("../playbook/src/statistics/README.md", import.meta.url), "utf8");
    const [, program = ""] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    expect(run(program)).toMatch(/^fail after \d+ requests of the canary: 1 in [\d,]+\n$/);
  });

  it("replay a recording of the examples", () => {
    const said = run(`
      import { readFileSync } from "node:fs";
      import { readRecording, replay } from "@atoms/playbook/statistics";
      const { recording } = readRecording(readFileSync("examples/analyze/failing-more.ndjson", "utf8"));
      console.log(replay(recording.settings, recording.buckets).verdict.kind);
    `);
    expect(said).toBe("fail\n");
  });

  it("load zod and their own files, and nothing else", () => {
    const hook = `export async function load(url, context, next) {
      if (!url.startsWith("node:")) process._rawDebug(url);
      return next(url, context);
    }`;
    const { stderr } = spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "--eval",
        `import { register } from "node:module";
         register("data:text/javascript,${encodeURIComponent(hook)}");
         await import("@atoms/playbook/statistics");`,
      ],
      { cwd: root, encoding: "utf8", timeout: 15_000 },
    );
    const files = stderr.split("\n").filter((line) => line.startsWith("file:"));
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !/\/(playbook\/dist\/statistics|node_modules\/zod)\//.test(file))).toEqual(
      [],
    );
  });
});
