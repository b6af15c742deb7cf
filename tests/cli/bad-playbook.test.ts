import { afterAll, describe, expect, it } from "vitest";
import { openShop, playbook } from "./shop.js";

// More of these, each of which takes some runs of the command, are in bad-playbook.long.test.ts.
const shop = openShop();
afterAll(() => shop.close(), 60_000);

const timeout = 60_000;

describe("a playbook", () => {
  it("with mistakes is told of all of them, each with its place", { timeout }, async () => {
    shop.write(
      "playbook.yaml",
      playbook(`extra: 1\nrollback: { pin: maybe }\ndeadlines: { shift: soon }\nstrategy: $SHOP_STRATEGY\n`),
    );
    const { code, last } = await shop.json("deploy");
    expect(code).toBe(2);
    expect(last.problem).toMatchObject({ code: "ATM-101", ending: "usage" });
    expect(last.problem.mistakes.map((m: { line: number; setting: string }) => [m.line, m.setting])).toEqual([
      [10, "extra"],
      [11, "rollback.pin"],
      [12, "deadlines.shift"],
      [13, "strategy"],
    ]);
    const people = await shop.atoms("check");
    expect(people).toMatchObject({ code: 2, out: "" });
    expect(people.err).toContain("playbook.yaml has 4 mistakes");
    expect(people.err).toContain("playbook.yaml:11:");
  });

  it("that is a list is refused with a code, and nothing is started", { timeout }, async () => {
    shop.write("playbook.yaml", "- version: 1");
    for (const command of ["deploy", "up"]) {
      const { code, last } = await shop.json(command);
      expect([command, code]).toEqual([command, 2]);
      expect(last.problem.code).toMatch(/^ATM-10[13]$/);
      expect(last.problem.stillTrue).toContain("Nothing was started");
    }
    expect(shop.background()).toEqual([]);
  });
});
