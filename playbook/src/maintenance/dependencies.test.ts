import { describe, expect, it } from "vitest";
import {
  dependencyChanges,
  dependencyChangeText,
  lockedVersions,
  packageManagerOf,
  updateBranch,
  updateMessage,
} from "./dependencies.js";

describe("which program keeps dependencies", () => {
  it.each([
    { present: ["package-lock.json"], is: "npm" },
    { present: ["npm-shrinkwrap.json", "package-lock.json"], is: "npm" },
    { present: ["pnpm-lock.yaml"], is: "unsupported" },
    { present: ["yarn.lock"], is: "unsupported" },
    { present: ["bun.lock"], is: "unsupported" },
    { present: ["package-lock.json", "yarn.lock"], is: "ambiguous" },
    { present: [], is: "none" },
  ])("is told by $present: $is", ({ present, is }) => {
    expect(packageManagerOf(present)).toMatchObject({ is });
  });
});

describe("what an update changed", () => {
  const lock = (packages: object) => lockedVersions(JSON.stringify({ lockfileVersion: 3, packages }));
  const at = (version: string) => ({ version });

  it("is told by name, once for the same change at several places", () => {
    const before = lock({
      "": at("1.0.0"),
      "apps/shop": at("0.1.0"),
      "node_modules/shop": { link: true },
      "node_modules/@a/kit": at("1.0.0"),
      "node_modules/x/node_modules/@a/kit": at("1.0.0"),
      "node_modules/gone": at("3.0.0"),
      "node_modules/same": at("1.0.0"),
    });
    const after = lock({
      "": at("2.0.0"),
      "node_modules/@a/kit": at("1.1.0"),
      "node_modules/x/node_modules/@a/kit": at("1.1.0"),
      "node_modules/new": at("0.1.0"),
      "node_modules/same": at("1.0.0"),
    });
    const changes = dependencyChanges(before ?? new Map(), after ?? new Map());
    expect(changes).toEqual([
      { name: "@a/kit", from: "1.0.0", to: "1.1.0" },
      { name: "gone", from: "3.0.0" },
      { name: "new", to: "0.1.0" },
    ]);
    expect(changes.map(dependencyChangeText)).toEqual([
      "@a/kit 1.0.0 → 1.1.0",
      "gone 3.0.0 is gone",
      "new 0.1.0 is new",
    ]);
    expect(updateMessage(changes, "npm test")).toMatch(
      /^Update 3 packages .*\n\n- @a\/kit 1\.0\.0 → 1\.1\.0\n/,
    );
  });

  it.each([
    ["npm 6", JSON.stringify({ lockfileVersion: 1, dependencies: {} })],
    ["nothing", ""],
    ["half of one", '{"lockfileVersion": 3, "pack'],
    ["a list", "[]"],
  ])("is not guessed from a lockfile of %s", (_, text) => {
    expect(lockedVersions(text)).toBeUndefined();
  });
});

it("a branch is named by the day in UTC, and by its turn on that day", () => {
  const at = Date.UTC(2026, 10, 28, 23, 59);
  expect(updateBranch(at, 1)).toBe("atoms/dependencies-2026-11-28");
  expect(updateBranch(at, 3)).toBe("atoms/dependencies-2026-11-28-3");
});
