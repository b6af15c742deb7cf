import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "atoms-split-copy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const contents = (place: string) =>
  Object.fromEntries(readdirSync(place).map((name) => [name, readFileSync(join(place, name), "utf8")]));

it("the example carries the helper as it is built (node packages/split/copy.mjs examples/split-notes/atoms-split)", () => {
  execFileSync(process.execPath, [join(root, "packages/split/copy.mjs"), folder]);
  expect(contents(join(root, "examples/split-notes/atoms-split"))).toEqual(contents(folder));
});

it("the helper imports nothing but what Node brings along", () => {
  const imports = Object.values(contents(folder)).flatMap((text) =>
    [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? ""),
  );
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.filter((from) => !/^(\.\/|node:)/.test(from))).toEqual([]);
});
