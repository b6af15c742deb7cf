import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, expect, it } from "vitest";
import { openShop } from "./shop.js";

const shop = openShop();
afterAll(() => shop.close(), 60_000);

const demos = () => readdirSync(tmpdir()).filter((name) => name.startsWith("atoms-demo-"));

it("the demo ends with three verdicts, and leaves nothing behind", { timeout: 300_000 }, async () => {
  const before = demos();
  const { code, lines, last } = await shop.json("demo");
  const { demo } = last;
  expect(code).toBe(0);
  expect(demo.releases.map((release: { state: string }) => release.state)).toEqual([
    "released",
    "released",
    // On a machine that is too busy the bad version is caught before it gets traffic.
    expect.stringMatching(/^(rolled back|failed)$/),
  ]);
  const [, second, third] = demo.releases;
  expect(demo.production.serves).toBe(second.candidate.id);
  expect(demo.ledger).toMatchObject({ intact: true });
  expect(demo.visits.asked).toBeGreaterThan(0);
  expect(third.problem.code).toMatch(/^ATM-/);
  expect(lines.filter((line) => line.kind === "release.ended")).toHaveLength(3);
  expect(demos()).toEqual(before);
});
