import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openShop } from "./shop.js";

const shop = openShop();
afterAll(() => shop.close(), 60_000);

it("one changed byte in the store is found, and where", { timeout: 240_000 }, async () => {
  expect((await shop.json("deploy")).code).toBe(0);
  const whole = await shop.json("ledger", "--verify");
  expect(whole).toMatchObject({ code: 0, last: { intact: true } });
  const [ended] = (await shop.json("ledger", "--kind", "release.ended")).last;

  // The ledger's own file is the one that holds both the kinds of events and the words of the last.
  const base = join(shop.folder, ".atoms", "store", "data", "base");
  const [file, ...others] = filesBelow(base).filter((path) => {
    const bytes = readFileSync(path);
    return bytes.includes("traffic.shifted") && bytes.includes("which passed its watch");
  });
  if (file === undefined || others.length > 0) throw new Error("the ledger's file was not found");
  const bytes = readFileSync(file);
  bytes.write("Q", bytes.indexOf("which passed its watch"), "latin1");
  writeFileSync(file, bytes);

  const broken = await shop.json("ledger", "--verify");
  expect(broken).toMatchObject({ code: 1, last: { intact: false, entries: ended.seq } });
  // The database refuses the whole page that holds the byte, so the first entry on it is named.
  const { brokenAt } = broken.last;
  expect(brokenAt).toBeGreaterThan(1);
  expect(brokenAt).toBeLessThanOrEqual(ended.seq);
  const told = await shop.atoms("ledger", "--verify");
  expect(told.out).toContain(`broken at entry ${brokenAt}`);
  const doctor = await shop.json("doctor");
  expect(doctor.code).toBe(1);
  expect(doctor.lines.find((finding) => finding.check === "ledger")).toMatchObject({ outcome: "fail" });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
