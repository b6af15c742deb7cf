import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { problemKinds, referencePages, sourcesThatDeclareProblems } from "../scripts/reference.mjs";

const root = new URL("../", import.meta.url);
const load = (file: string) => import(/* @vite-ignore */ new URL(file, root).href);

describe("the reference pages", async () => {
  const pages = await referencePages(load);

  it.each(Object.keys(pages))(
    "%s is what the sources say (npm run build && node scripts/reference.mjs)",
    (file) => {
      expect(readFileSync(new URL(file, root), "utf8")).toBe(pages[file]);
    },
  );

  it("leave no fact of a problem unnamed", () => {
    expect(pages["docs/reference/problems.md"]).not.toMatch(/undefined|\[object|\{\}/);
  });
});

it("describes every setting", async () => {
  const { playbookJsonSchema } = await load("playbook/src/index.ts");
  const bare: string[] = [];
  type Schema = {
    properties?: Record<string, Schema>;
    description?: string;
    anyOf?: Schema[];
    items?: Schema;
  };
  const visit = (schema: Schema, place: string) => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      if (inner.description === undefined) bare.push(`${place}${key}`);
      visit(inner, `${place}${key}.`);
    }
    for (const branch of schema.anyOf ?? []) visit(branch, place);
    if (schema.items !== undefined) visit(schema.items, place);
  };
  visit(playbookJsonSchema(), "");
  expect(bare).toEqual([]);
});

it("gives every kind of problem a code of its own", async () => {
  const { kinds, twice } = await problemKinds(load);
  expect(twice).toEqual([]);
  expect(kinds.length).toBeGreaterThan(50);
  expect(sourcesThatDeclareProblems().length).toBeGreaterThan(5);
});
