import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { service } from "./service.js";
import { openShop, type Shop } from "./shop.js";

const names = ["notes", "shop", "admin"] as const;
type Name = (typeof names)[number];
const timeout = 300_000;
let shop: Shop;

const member = (name: Name, variables = "{}", watch = "1s") => `version: 1
service: { name: ${name}, source: ${name} }
preflight: { git_clean: false, branch: false, dependencies: false, tests: false }
standard: { watch: { duration: ${watch}, interval: 300ms, failures: 1, consecutive: 2 } }
platforms: { local: { variables: ${variables} } }
validation: { performance: false }
`;
/** One after the other: each opens the store for itself. */
const serving = async () => {
  const ids: string[] = [];
  for (const name of names) {
    const { last } = await shop.json("status", "--playbook", `${name}.yaml`);
    ids.push(last.production.deployment?.id);
  }
  return ids;
};

beforeAll(async () => {
  shop = openShop();
  for (const name of names) {
    mkdirSync(join(shop.folder, name));
    shop.write(`${name}/package.json`, JSON.stringify({ name, version: "1.0.0", type: "module" }));
    shop.write(`${name}/server.js`, service);
    shop.write(`${name}.yaml`, member(name));
  }
  shop.write(
    "storefront.yaml",
    "version: 1\ngroup: storefront\norder: [notes.yaml, [shop.yaml, admin.yaml]]\n",
  );
}, timeout);
afterAll(() => shop.close(), 60_000);

describe("a group from the command line", () => {
  let first: string[];

  it("is released in its order and at the same time, each member a release of its own", {
    timeout,
  }, async () => {
    const { code, lines, last } = await shop.json("deploy", "--group", "storefront.yaml");
    expect(code).toBe(0);
    expect(last.release).toMatchObject({ service: "storefront", strategy: "group", state: "released" });
    const told = lines.filter((line) => line.kind === "group.member" && line.data.state === "released");
    expect(told.map((line) => line.data.service)).toEqual(["notes", "shop", "admin"]);
    first = await serving();
    expect(first.every((id) => id?.startsWith("dpl_"))).toBe(true);
    const releases = (await shop.json("releases", "--playbook", "notes.yaml")).last;
    expect(JSON.stringify(releases)).toContain('"strategy":"group"');
  });

  it("brings all back when a later member goes bad, also when it is killed on the way", {
    timeout,
  }, async () => {
    shop.write("admin.yaml", member("admin", "{ MODE: turns, TURNS_AFTER_MS: 6000 }", "20s"));
    const running = shop.start("deploy", "--group", "storefront.yaml");
    await running.until(
      (line) =>
        line.kind === "group.member" && line.data.service === "notes" && line.data.state === "released",
    );
    await running.until((line) => line.kind === "group.member" && line.data.service === "admin");
    const status = (await shop.json("status", "--playbook", "notes.yaml")).last;
    expect(status.groups[0].members.map((one: { service: string }) => one.service)).toEqual([
      "notes",
      "shop",
      "admin",
    ]);
    running.kill("SIGKILL");
    await running.ended;

    const left = (await shop.json("status", "--playbook", "notes.yaml")).last;
    expect(left.groups[0]).toMatchObject({ worked: false, release: { state: "running" } });
    const { code, last } = await shop.json("deploy", "--group", "storefront.yaml", "--resume");
    expect(last.release).toMatchObject({ state: "rolled back", problem: { code: "ATM-571" } });
    expect(code).toBe(3);
    expect(await serving()).toEqual(first);
    expect((await shop.json("status", "--playbook", "shop.yaml")).last.groups).toEqual([]);
  });

  it("refuses what does not fit together, before anything begins", { timeout }, async () => {
    shop.write(
      "odd.yaml",
      "version: 1\ngroup: odd\norder: [notes.yaml, notes.yaml, ../x.yaml]\nmembers: []\n",
    );
    const odd = await shop.json("deploy", "--group", "odd.yaml");
    expect(odd).toMatchObject({ code: 2, last: { problem: { code: "ATM-570" } } });
    expect(odd.last.problem.happened).toMatch(/line 3: .*beside this file/);
    shop.write("admin.yaml", member("admin").replace("version: 1", "version: 1\nenvironment: staging"));
    const apart = await shop.json("deploy", "--group", "storefront.yaml");
    expect(apart.last.problem.happened).toContain("the members differ in environment: production, staging");
    expect((await shop.json("deploy", "--group", "nothing.yaml")).last.problem.happened).toContain(
      "no such file",
    );
    expect((await shop.json("deploy", "--group", "storefront.yaml", "--strategy", "canary")).code).toBe(2);
  });
});
