import { systemClock } from "@atoms/engine";
import type { LocalCloud } from "@atoms/local-cloud";
import { splitAskHeader } from "@atoms/playbook";
import { askHeader, readWeights, type Weights } from "@atoms/split";
import { type VercelClient, type VercelPlatform, vercelClient } from "@atoms/vercel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { built, cloudInFolder, order, problemOf } from "./platform.world.js";
import { askHelper, helperHasRead, splitService, weightedOn } from "./split.world.js";
import { stagedShiftContract, visiting, visitors } from "./staged-shift.contract.js";

stagedShiftContract("weights in a Global Config", {
  platform: weightedOn,
  service: splitService,
  settled: helperHasRead,
});

it("the helper is asked by the name that it goes by", () => {
  expect(splitAskHeader).toBe(askHeader);
});

/** What is true of weights alone. */
describe.sequential("weights on the local cloud", () => {
  const { visit, close } = visiting();
  const leaseMs = 60_000;
  let cloud: LocalCloud;
  let end: () => Promise<void>;
  let shop: VercelPlatform;
  /** The same with a clock that is an hour behind, as one was who last renewed them then. */
  let anHourAgo: VercelPlatform;
  /** Somebody else, with other tools and the same rights. */
  let person: VercelClient;
  let project: string;
  let config: string;
  let host: string;
  let stable: string;
  let candidate: string;
  let other: string;

  const all = async () => new Set(await Promise.all(visitors(40).map((one) => visit(host, one))));
  const item = async () =>
    (await person.globalConfig.items(config)).find(({ key }) => key === "split_shop")?.value;
  const weights = async () => readWeights(await item()) as Weights;
  const faults = async (fault: object) => {
    const answer = await fetch(`${cloud.apiUrl}/atoms/faults`, {
      method: "POST",
      body: JSON.stringify(fault),
      headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
    });
    expect(answer.ok).toBe(true);
  };

  beforeAll(async () => {
    ({ cloud, end } = await cloudInFolder());
    shop = weightedOn(cloud, "shop", { leaseMs });
    const clock = { ...systemClock, now: () => systemClock.now() - 3_600_000 };
    anHourAgo = weightedOn(cloud, "shop", { leaseMs, clock });
    const { apiUrl: api, token, team } = cloud;
    person = vercelClient({ api, token, team: team.slug, clock: systemClock });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([close(), shop?.close(), anHourAgo?.close(), person?.close()]);
    await end?.();
  });

  it("every deployment gets the address of its weights and a token that reads them, made once", async () => {
    expect(await shop.weights?.config()).toBeUndefined();
    await shop.ensureProject();
    await shop.ensureProject();
    config = (await shop.weights?.config()) as string;
    project = (await person.projects.get("shop")).id;
    const [variable] = await shop
      .variables({ values: true })
      .then((all) => all.filter(({ key }) => key === "ATOMS_SPLIT"));
    expect(variable).toMatchObject({ readable: false, targets: ["production"] });
    const answer = await fetch(`${cloud.apiUrl}/v1/global-config/${config}/tokens`, {
      headers: { authorization: `Bearer ${cloud.token}` },
    });
    expect(await answer.json()).toHaveLength(1);

    const made = ["v1", "v2", "v3"].map((version) =>
      shop.createDeployment(order(`rel_${version}`, version, splitService(version))),
    );
    const ready = [];
    for (const one of made) ready.push(await built(shop, (await one).id));
    [stable, candidate, other] = ready.map((one) => one.id) as [string, string, string];
    await shop.promote(stable);
    host = (await shop.production()).hosts[0] as string;
    const said = { deployment: stable, config, item: "split_shop", readable: true, weights: null };
    expect(await askHelper(host)).toMatchObject(said);
  }, 60_000);

  it("say whose they are and until when they last, and are renewed by whoever is alive", async () => {
    await shop.beginRollout(candidate, [0.5, 1]);
    const began = await weights();
    expect(began).toMatchObject({ release: "rel_v2", stable, candidate: { id: candidate }, epoch: 1 });
    expect(began.until - began.startedAt).toBe(leaseMs);
    await shop.keepRollout(candidate);
    expect(await weights()).toEqual(began);
    const later = weightedOn(cloud, "shop", {
      leaseMs,
      clock: { ...systemClock, now: () => systemClock.now() + 30_000 },
    });
    expect(await later.keepRollout(candidate)).toMatchObject({ state: "active", share: 0.5 });
    await later.close();
    expect((await weights()).until).toBeGreaterThan(began.until + 20_000);
    expect((await weights()).epoch).toBe(2);
    await shop.rollBack(stable, "enough");
  });

  it("end by themselves when nobody renews them, and go on where they were when somebody does", async () => {
    await anHourAgo.beginRollout(candidate, [0.5, 1]);
    expect(await shop.rollout()).toMatchObject({ candidate, state: "aborted", share: 0 });
    await helperHasRead(host, shop);
    expect(await all()).toEqual(new Set(["v1"]));
    expect(await shop.keepRollout(candidate)).toMatchObject({ state: "active", share: 0.5 });
    await helperHasRead(host, shop);
    expect(await all()).toEqual(new Set(["v1", "v2"]));
    await shop.rollBack(stable, "enough");
  });

  it("of a dead release are in nobody's way", async () => {
    await anHourAgo.beginRollout(candidate, [0.5, 1]);
    await shop.beginRollout(other, [0.5, 1]);
    expect(await weights()).toMatchObject({ release: "rel_v3", candidate: { id: other } });
    expect(await shop.keepRollout(candidate)).toMatchObject({ candidate: other });
    await shop.rollBack(stable, "enough");
  });

  it("mean nothing once somebody else has moved production", async () => {
    await shop.beginRollout(candidate, [0.5, 1]);
    await person.production.promote(project, other);
    await helperHasRead(host, shop);
    expect(await all()).toEqual(new Set(["v3"]));
    expect(await shop.keepRollout(candidate)).toMatchObject({ candidate, stable: other, state: "aborted" });
    await shop.rollBack(stable, "it was not to be");
    await helperHasRead(host, shop);
    expect(await all()).toEqual(new Set(["v1"]));
  });

  it("give way to a rolling release that somebody else has begun, and are not begun beside it", async () => {
    await person.rollingRelease.configure(project, {
      enabled: true,
      advancementType: "manual-approval",
      stages: [{ targetPercentage: 20 }, { targetPercentage: 100 }],
    });
    expect((await problemOf(shop.beginRollout(candidate, [0.5, 1]))).code).toBe("ATM-313");
    await person.rollingRelease.start(project, other);
    expect((await problemOf(shop.beginRollout(candidate, [0.5, 1]))).code).toBe("ATM-314");
    expect(await shop.rollout()).toMatchObject({ candidate: other, state: "active", share: 0.2 });
    await person.production.rollBack(project, stable, "tidy up");
    await person.rollingRelease.removeConfig(project);
  });

  it("are not written over what somebody else keeps in that item", async () => {
    await person.globalConfig.change(config, [
      { operation: "upsert", key: "split_shop", value: { theirs: true } },
    ]);
    const refused = await problemOf(shop.beginRollout(candidate, [0.5, 1]));
    expect([refused.code, refused.ending]).toEqual(["ATM-551", "refused"]);
    await shop.rollBack(stable, "all the same");
    await shop.clearRollout();
    expect(await item()).toEqual({ theirs: true });
    await person.globalConfig.change(config, [{ operation: "delete", key: "split_shop" }]);
  });

  it("are there once, although every answer is lost", async () => {
    const cut = (method: string, path: string) => faults({ method, path, kind: "cut-after" });
    await cut("PATCH", "/items");
    await shop.beginRollout(candidate, [0.2, 0.5, 1]);
    await cut("PATCH", "/items");
    await shop.advanceRollout(candidate, 1);
    expect(await weights()).toMatchObject({ stage: 1, state: "active" });
    await cut("POST", "/promote/");
    await shop.advanceRollout(candidate, 2);
    expect(await weights()).toMatchObject({ stage: 2, state: "complete" });
    expect((await shop.production()).deployment?.id).toBe(candidate);
    await cut("PATCH", "/items");
    await shop.clearRollout();
    expect(await item()).toBeUndefined();
  });

  it("that can not be ended do not keep production from going back, and it is said that they stand", async () => {
    await shop.beginRollout(other, [0.5, 1]);
    await person.production.promote(project, other);
    for (let turn = 0; turn < 4; turn++) await faults({ method: "GET", path: "/items", kind: "cut-before" });
    const problem = await problemOf(shop.rollBack(candidate, "back"));
    expect(problem.code).toMatch(/^ATM-3/);
    expect((await shop.production()).deployment?.id).toBe(candidate);
    await shop.rollBack(candidate, "back");
    expect(await weights()).toMatchObject({ state: "aborted" });
  });

  it("need a Global Config that is there, when its id is given", async () => {
    const lost = weightedOn(cloud, "shop", { config: "ecfg_none" });
    expect((await problemOf(lost.beginRollout(candidate, [0.5, 1]))).code).toBe("ATM-552");
    expect((await problemOf(lost.ensureProject())).code).toBe("ATM-552");
    await lost.close();
  });
});
