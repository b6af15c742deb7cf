import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderUnusableError, prepareFolder } from "./prepare-folder.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "local-cloud-prepare-"));
});
afterEach(() => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("the cloud's folder", () => {
  it("is made with those above it, for its owner only", () => {
    prepareFolder(join(root, "a", "b", "c"));
    expect(modeOf(join(root, "a", "b", "c"))).toBe(0o700);
  });

  it("is closed to others when it is there and empty", () => {
    mkdirSync(join(root, "empty"));
    chmodSync(join(root, "empty"), 0o755);
    prepareFolder(join(root, "empty"));
    expect(modeOf(join(root, "empty"))).toBe(0o700);
  });

  it("keeps its permissions when others have something in it", () => {
    writeFileSync(join(root, "theirs"), "");
    chmodSync(root, 0o755);
    prepareFolder(root);
    expect(modeOf(root)).toBe(0o755);
  });

  it.each([
    ["a file", "file", "is a file, not a directory"],
    ["below a file", "file/cloud", "is a file, not a directory"],
    ["a link that leads nowhere", "nowhere", "ends in something that is no folder"],
    ["below a link to itself", "circle/cloud", "round in a circle"],
    ["of a name too long", `a/b/${"n".repeat(300)}`, "too long for the file system"],
    ["of a path too long", `${"n".repeat(200)}/`.repeat(30), "too long for the file system"],
    ["where nobody can make one", "/proc/x/y", ""],
    ["that the system keeps to itself", "/sys/x", ""],
  ])("cannot be %s: it says why, and nothing of the path is left", (_what, path, reason) => {
    writeFileSync(join(root, "file"), "");
    symlinkSync("gone", join(root, "nowhere"));
    symlinkSync("circle", join(root, "circle"));
    const refusal = expect(() => prepareFolder(resolve(root, path)));
    refusal.toThrow(FolderUnusableError);
    refusal.toThrow(`${reason}. Start it with a folder that this account may make and write.`);
    expect(readdirSync(root).sort()).toEqual(["circle", "file", "nowhere"]);
  });

  it("may not be one that this account cannot write", () => {
    chmodSync(root, 0o500);
    const refusal = expect(() => asNobody(() => prepareFolder(join(root, "new"))));
    refusal.toThrow(/this account may not write there/);
  });
});

/** Nothing is read-only to root: as root, does it as an account that owns nothing. */
function asNobody<R>(work: () => R): R {
  if (process.geteuid?.() !== 0) return work();
  const NOBODY = 65_534;
  chownSync(root, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}
