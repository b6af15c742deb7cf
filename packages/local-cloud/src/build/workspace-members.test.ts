import { expect, it } from "vitest";
import { isImporter, isMember } from "./workspace-members.js";

it.each<[unknown, string, boolean]>([
  [["apps/*"], "apps/web", true],
  [["./apps/*/"], "apps/web", true],
  [["apps/web"], "apps/web", true],
  [{ packages: ["apps/*"] }, "apps/web", true],
  [["apps/*"], "apps/deep/web", false],
  [["apps/**"], "apps/deep/web", true],
  [["**/web"], "apps/deep/web", true],
  [["{apps,packages}/*"], "packages/shared", true],
  [["apps/w*b"], "apps/web", true],
  [["apps/*", "!apps/web"], "apps/web", false],
  [["apps.*"], "appsxweb", false],
  [["packages/*"], "apps/web", false],
  [undefined, "apps/web", false],
  ["apps/*", "apps/web", false],
  [[1, null], "apps/web", false],
])("the workspaces %j have %s as a member: %s", (workspaces, path, member) => {
  expect(isMember(workspaces, path)).toBe(member);
});

it.each([
  ["importers:\n\n  .: {}\n\n  apps/web:\n    dependencies:\n      a:\n", true],
  ["importers:\r\n\r\n  apps/web:\r\n    dependencies:\r\n", true],
  ["importers:\n  'apps/web': {}\n", true],
  ["importers:\n  .:\n    apps/web:\n", false],
  ["importers:\n  apps/web2: {}\n", false],
  ["importers:\n  .: {}\npackages:\n  apps/web:\n", false],
  ["<<<<<<<", false],
])("the pnpm lockfile %j has apps/web among its importers: %s", (text, member) => {
  expect(isImporter(text, "apps/web")).toBe(member);
});
