import { describe, expect, it } from "vitest";
import { helpText } from "./help-text.js";

describe("the longer description of a command", () => {
  it("is one paragraph, however its lines were broken, and an empty line ends it", () => {
    expect(helpText("one two three four five six seven\neight nine\n\nten", 40)).toBe(
      "one two three four five six seven eight\nnine\n\nten",
    );
  });

  it("lists terms with their meanings in one column", () => {
    const text = [
      "list     what there is, with a meaning that is longer than a line",
      "prune    removes what is old",
      "         and goes on here",
      "recreate makes it anew",
      "schedule-all  has a column of its own",
    ].join("\n");
    expect(helpText(text, 50)).toBe(
      [
        "  list          what there is, with a meaning that",
        "                is longer than a line",
        "  prune         removes what is old and goes on",
        "                here",
        "  recreate      makes it anew",
        "  schedule-all  has a column of its own",
      ].join("\n"),
    );
  });

  it.each([20, 40, 80, 200])("loses no word at a width of %d", (width) => {
    const text =
      "a b  c\nprose that goes on and on, with a-very-long-word-that-no-line-of-forty-columns-holds\nend";
    const words = (one: string) => one.split(/\s+/).filter((word) => word !== "");
    expect(words(helpText(text, width))).toEqual(words(text));
  });
});
