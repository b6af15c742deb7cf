import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openShop } from "./shop.js";

const shop = openShop();
afterAll(() => shop.close(), 60_000);

const timeout = 60_000;
const path = join(shop.folder, "playbook.yaml");

describe("a playbook", () => {
  it.each([
    { what: "empty", text: "" },
    { what: "no YAML", text: "a: [1,\n b: }" },
    { what: "no text", text: "\u0000\u0001\u0002" },
  ])("that is $what is refused with a code, and nothing is started", { timeout }, async ({ text }) => {
    shop.write("playbook.yaml", text);
    for (const command of ["deploy", "up"]) {
      const { code, last } = await shop.json(command);
      expect([command, code]).toEqual([command, 2]);
      expect(last.problem.code).toMatch(/^ATM-10[13]$/);
      expect(last.problem.stillTrue).toContain("Nothing was started");
    }
    expect(shop.background()).toEqual([]);
  });

  it("that is missing, or a folder, is told as such", { timeout }, async () => {
    rmSync(path);
    expect(await shop.json("deploy")).toMatchObject({ code: 2, last: { problem: { code: "ATM-914" } } });
    const named = await shop.json("deploy", "--playbook", "nowhere.yaml");
    expect(named).toMatchObject({ code: 2, last: { problem: { code: "ATM-102" } } });
    mkdirSync(path);
    expect(await shop.json("deploy")).toMatchObject({ code: 2, last: { problem: { code: "ATM-103" } } });
    rmSync(path, { recursive: true });
    // Doctor says it too, and goes on to look at the rest.
    expect((await shop.json("doctor")).lines.find((f) => f.check === "playbook")).toMatchObject({
      outcome: "warn",
    });
  });
});
