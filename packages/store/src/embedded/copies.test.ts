import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copiesOf } from "./copies.js";

describe("the copies of a store", () => {
  let home: string;
  const noon = Date.UTC(2026, 0, 5, 12);
  const hour = 3_600_000;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "atoms-copies-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it.each([
    ["there is none", [], true],
    ["the newest is a day old", ["20260103T120000Z", "20260104T120000Z"], true],
    ["the newest is younger", ["20260103T120000Z", "20260104T120001Z"], false],
    ["one was left half made", ["20260105T115900Z.draft"], true],
  ])("when %s", (_, names, due) => {
    for (const name of names) mkdirSync(join(home, "copies", name), { recursive: true });
    expect(copiesOf(home).due(noon)).toBe(due ? join(home, "copies", "20260105T120000Z") : undefined);
  });

  it("are pruned to the newest three, whole ones only", () => {
    const copies = copiesOf(home);
    copies.prune();
    expect(copies.newest()).toBeUndefined();
    for (let day = 0; day < 5; day++) mkdirSync(copies.due(noon + day * 25 * hour) ?? "");
    mkdirSync(join(home, "copies", "20991231T000000Z.draft"));
    copies.prune();
    expect(readdirSync(join(home, "copies"))).toEqual([
      "20260107T140000Z",
      "20260108T150000Z",
      "20260109T160000Z",
    ]);
    expect(copies.newest()).toBe(join(home, "copies", "20260109T160000Z"));
    expect(existsSync(join(home, "data"))).toBe(false);
  });
});
