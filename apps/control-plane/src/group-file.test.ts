import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stagesOf } from "@atoms/playbook";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memberPath, readGroup } from "./group-file.js";
import { loadPlaybook } from "./playbook-file/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-group-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const read = async (text: string) => {
  const path = join(folder, "g.yaml");
  await writeFile(path, text);
  return readGroup(path).catch((error: Error & { happened: string }) => error.happened);
};

describe("a group file", () => {
  it("of the example is right, and so are its members", async () => {
    const path = fileURLToPath(new URL("../../../examples/storefront/storefront.yaml", import.meta.url));
    const { settings, folder: beside } = await readGroup(path);
    const members = stagesOf(settings).flat();
    expect(members).toEqual(["notes.yaml", "shop.yaml"]);
    for (const member of members) {
      const loaded = await loadPlaybook({ path: memberPath(beside, member), env: {} });
      expect(loaded.sourceFolder).toMatch(/examples\/(express-notes|hono-shop)$/);
    }
  });

  it.each([
    ["nothing", "", /g\.yaml: .*expected/],
    ["no YAML", "group: [", /line 1: not YAML/],
    ["another version", "version: 2\ngroup: g\norder: [a.yaml]", /line 1: version: expected version: 1/],
    ["an unknown key", "version: 1\ngroup: g\norder: [a.yaml]\nextra: 1", /extra/],
    ["a member elsewhere", "version: 1\ngroup: g\norder:\n  - sub/a.yaml", /line 4: order\.0: expected/],
    ["a list that repeats itself", `version: 1\ngroup: g\norder: &a [${"*a, ".repeat(3)}b.yaml]`, /g\.yaml/],
  ])("with %s is refused with what is wrong", async (_, text, told) =>
    expect(await read(text)).toMatch(told),
  );
});
