import { describe, expect, it } from "vitest";
import { readWish } from "./wish.js";

const given = {
  ATOMS_ACTION_COMMAND: "plan",
  ATOMS_ACTION_DIRECTORY: "services/shop",
  ATOMS_ACTION_COMMENT: "true",
  GITHUB_REPOSITORY: "octo/shop",
};
const pullRequest = { pull_request: { number: 7 } };

describe("what the workflow asks", () => {
  it.each<[string, Record<string, string>, unknown, object]>([
    [
      "a plan on a pull request",
      {},
      pullRequest,
      { pullRequest: { owner: "octo", repo: "shop", number: 7 } },
    ],
    [
      "on a comment of a pull request",
      {},
      { issue: { number: 7, pull_request: {} } },
      { pullRequest: { number: 7 } },
    ],
    [
      "words, one a line",
      { ATOMS_ACTION_ARGUMENTS: "--strategy\n canary \n\n" },
      {},
      { words: ["--strategy", "canary"] },
    ],
    [
      "a word with spaces stays one",
      { ATOMS_ACTION_ARGUMENTS: "--override-freeze=it burns; $(id)" },
      {},
      { words: ["--override-freeze=it burns; $(id)"] },
    ],
    [
      "a release and a plan of a folder have comments of their own",
      { ATOMS_ACTION_COMMAND: "deploy" },
      {},
      { about: "release services/shop" },
    ],
  ])("%s", (_, more, event, wanted) => {
    expect(readWish({ ...given, ...more }, event)).toMatchObject(wanted);
  });

  it.each<[string, Record<string, string>, unknown]>([
    ["a push", {}, { ref: "refs/heads/main" }],
    ["an issue that is no pull request", {}, { issue: { number: 7 } }],
    ["not wanted", { ATOMS_ACTION_COMMENT: "false" }, pullRequest],
    ["an event of another shape", {}, { pull_request: { number: "7" } }],
    ["no event", {}, undefined],
  ])("tells no pull request: %s", (_, more, event) => {
    const wish = readWish({ ...given, ...more }, event);
    expect(wish).not.toHaveProperty("pullRequest");
    expect(wish).not.toHaveProperty("mistaken");
  });

  it.each<[string, Record<string, string>]>([
    ["command", { ATOMS_ACTION_COMMAND: "rm -rf" }],
    ["comment", { ATOMS_ACTION_COMMENT: "yes" }],
    ["--json", { ATOMS_ACTION_ARGUMENTS: "--json" }],
    ["--out", { ATOMS_ACTION_ARGUMENTS: "--out=/etc/passwd" }],
    ["--detach", { ATOMS_ACTION_ARGUMENTS: "--now\n--detach" }],
  ])("names what is mistaken: %s", (named, more) => {
    expect(readWish({ ...given, ...more }, {})).toEqual({ mistaken: expect.stringContaining(named) });
  });
});
