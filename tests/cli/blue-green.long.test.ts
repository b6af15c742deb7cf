import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShop, playbook, type Shop } from "./shop.js";

let shop: Shop;
const timeout = 120_000;
const watch = "watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }";
beforeAll(() => {
  shop = openShop(
    playbook(`strategy: blue-green
blue-green: { warm_up: 2, ${watch}, retire: { after: 2s, every: 500ms, policy: delete } }
`),
  );
});
afterAll(() => shop.close(), 60_000);

describe("blue-green from the command line", () => {
  it("deletes blue when its time is over, and the control plane does it alone", { timeout }, async () => {
    expect((await shop.json("up")).code).toBe(0);
    const first = (await shop.json("deploy")).last.release.candidate.id;
    const second = (await shop.json("deploy")).last.release;
    expect(second).toMatchObject({ state: "released", previous: { id: first } });
    const known = async () =>
      ((await shop.json("deployments")).last as { id: string }[]).map((deployment) => deployment.id);
    for (const late = performance.now() + 30_000; (await known()).includes(first); await pause(300))
      expect(performance.now()).toBeLessThan(late);
    expect(await known()).toEqual([second.candidate.id]);
    const { lines } = await shop.json("ledger", "--release", second.id);
    expect(JSON.stringify(lines)).toContain('"kind":"blue.retired"');
    expect((await shop.json("down")).code).toBe(0);
  });
});
