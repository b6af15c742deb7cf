import { afterAll, expect, it } from "vitest";
import { openShop, playbook } from "./shop.js";

const shop = openShop(
  playbook(
    "gates: { freeze: { windows: [{ name: quiet, from: 2020-01-01 00:00, to: 2099-01-01 00:00, reason: the talk }] } }\n",
  ),
);
afterAll(() => shop.close(), 60_000);

it("a release in a freeze is refused with exit code 4 and the next opening, before anything is touched", {
  timeout: 300_000,
}, async () => {
  const { code, last } = await shop.json("deploy");
  expect(code).toBe(4);
  expect(last.problem).toMatchObject({
    code: "ATM-520",
    happened: expect.stringContaining("the talk"),
    fix: expect.stringContaining("2099-01-01 00:00 UTC"),
  });
  expect((await shop.json("releases")).last).toEqual([]);
  const entries = (await shop.json("ledger", "--kind", "gate.refused")).lines;
  expect(JSON.stringify(entries)).toContain("the freeze quiet");
  expect((await shop.atoms("plan")).out).toMatch(/before the start +shut now +the freeze quiet/);
  const past = await shop.json("plan", "--override-freeze", "payments are down");
  expect(past.last.obstacles.map((one: { code: string }) => one.code)).not.toContain("ATM-520");
  expect((await shop.atoms("deploy", "--override-freeze", "x")).code).toBe(2);
});
