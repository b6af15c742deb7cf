import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketOf } from "./bucket.js";
import { choose, type Self, type Visit } from "./decide.js";
import { readWeights, shareAt, type Weights } from "./weights.js";

const now = 1_800_000_000_000;
const self: Self = { deployment: "dpl_old", ownHost: "shop-old.example" };
const weights = (change: Partial<Weights> = {}): Weights => ({
  atomsSplit: 1,
  release: "rel_1",
  epoch: 1,
  state: "active",
  stable: "dpl_old",
  candidate: { id: "dpl_new", address: "https://shop-new.example" },
  shares: [0.1, 0.5, 1],
  stage: 1,
  startedAt: now - 1_000,
  until: now + 60_000,
  ...change,
});
const visit = (change: Partial<Visit> = {}): Visit => ({
  host: "shop.example",
  cookie: undefined,
  forced: undefined,
  key: undefined,
  forwarded: false,
  ...change,
});
const always = (bucket: number) => () => bucket;
const key = fc.string({ minLength: 1, maxLength: 40 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("who answers", () => {
  it.each<[string, Weights | undefined, Partial<Visit>, Partial<Self>]>([
    ["there are no weights", undefined, {}, {}],
    ["the shift is aborted", weights({ state: "aborted" }), {}, {}],
    ["the shift is complete", weights({ state: "complete" }), {}, {}],
    ["the weights were not renewed", weights({ until: now }), {}, {}],
    ["the weights are of another deployment", weights({ stable: "dpl_older" }), {}, {}],
    ["the weights are of another deployment", weights(), {}, { deployment: "dpl_new" }],
    ["it was forwarded already", weights(), { forwarded: true }, {}],
    ["it asked for this deployment", weights(), { host: "shop-old.example" }, {}],
  ])("is the deployment that was asked, for %s", (because, given, asked, me) => {
    for (const bucket of [0, 0.4, 0.9]) {
      const chosen = choose(
        given,
        visit({ ...asked, forced: undefined }),
        { ...self, ...me },
        now,
        always(bucket),
      );
      expect(chosen).toEqual({ by: "self", because });
    }
    const forced = choose(given, visit({ ...asked, forced: "canary" }), { ...self, ...me }, now, always(0));
    expect(forced.by).toBe("self");
  });

  it("is the candidate for whoever falls below its share", () => {
    expect(choose(weights(), visit(), self, now, always(0.49))).toMatchObject({ by: "candidate" });
    expect(choose(weights(), visit(), self, now, always(0.5))).toMatchObject({ by: "self" });
    expect(choose(weights({ stage: 0 }), visit(), self, now, always(0.1))).toMatchObject({ by: "self" });
  });

  it("is who was asked for by name, from then on, also at a share of 0", () => {
    const dark = weights({ shares: [0, 1], stage: 0 });
    const first = choose(dark, visit({ forced: "canary" }), self, now, always(0.9));
    expect(first).toMatchObject({ by: "candidate" });
    expect(choose(dark, visit({ cookie: first.cookie }), self, now, always(0.9)).by).toBe("candidate");
    const back = choose(
      weights({ stage: 2 }),
      visit({ forced: "stable", cookie: first.cookie }),
      self,
      now,
      always(0),
    );
    expect(back.by).toBe("self");
    expect(choose(weights({ stage: 2 }), visit({ cookie: back.cookie }), self, now, always(0)).by).toBe(
      "self",
    );
  });

  it("stays the same for a client with a cookie, and for one with a key, however often it asks", () => {
    fc.assert(
      fc.property(key, share, fc.double({ min: 0, max: 0.99, noNaN: true }), (who, at, other) => {
        const given = weights({ shares: [at, 1], stage: 0 });
        const first = choose(given, visit(), self, now, always(other));
        const again = choose(given, visit({ cookie: first.cookie }), self, now, always(1 - other));
        expect(again.by).toBe(first.by);
        expect(again.cookie).toBeUndefined();
        const byKey = choose(given, visit({ key: who }), self, now, always(other));
        expect(choose(given, visit({ key: who }), self, now, always(1 - other))).toEqual(byKey);
      }),
    );
  });

  it("never goes from the candidate back to stable while its share grows", () => {
    fc.assert(
      fc.property(key, share, share, (who, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const at = (of: number) =>
          choose(weights({ shares: [of, 1], stage: 0 }), visit({ key: who }), self, now, always(0));
        if (at(less).by === "candidate") expect(at(more).by).toBe("candidate");
      }),
    );
  });

  it("is drawn anew in another shift, and for a cookie that nobody here wrote", () => {
    for (const cookie of [
      "dpl_older.0.1",
      "dpl_new.",
      "dpl_new.x",
      "dpl_new.7",
      "dpl_new",
      "",
      "dpl_new.NaN",
    ]) {
      expect(choose(weights(), visit({ cookie }), self, now, always(0.9)), cookie).toMatchObject({
        by: "self",
        cookie: "dpl_new.0.9",
      });
    }
  });
});

describe("the share", () => {
  const clients = Array.from({ length: 20_000 }, (_, at) => `203.0.${at >> 8}.${at & 255} agent`);

  it.each([0.01, 0.1, 0.25, 0.5, 0.75, 0.9])("of %d is met over clients, whatever the release", (of) => {
    for (const release of ["rel_1", "rel_2", "rel_01j9x"]) {
      const given = weights({ shares: [of, 1], stage: 0, release });
      const won = clients.filter(
        (who) => choose(given, visit({ key: who }), self, now, always(0)).by === "candidate",
      ).length;
      // Five standard deviations of the binomial: wrong once in two million such draws.
      const slack = 5 * Math.sqrt(of * (1 - of) * clients.length);
      expect(Math.abs(won - of * clients.length), release).toBeLessThan(slack);
    }
  });

  it("falls on other clients in another release", () => {
    const first = clients.filter((who) => bucketOf(who, "rel_1") < 0.1);
    const both = first.filter((who) => bucketOf(who, "rel_2") < 0.1).length;
    expect(both / first.length).toBeLessThan(0.15);
    expect(both / first.length).toBeGreaterThan(0.05);
  });

  it("places every key between 0 and 1", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (who, salt) => {
        const bucket = bucketOf(who, salt);
        expect(bucket).toBeGreaterThanOrEqual(0);
        expect(bucket).toBeLessThan(1);
      }),
    );
  });

  it("ends with the lease, and is none of one that is over", () => {
    expect(shareAt(weights(), now)).toBe(0.5);
    expect(shareAt(weights(), now + 59_999)).toBe(0.5);
    expect(shareAt(weights(), now + 60_000)).toBe(0);
    expect(shareAt(weights({ state: "complete" }), now)).toBe(0);
  });
});

describe("reading weights", () => {
  it("gives back what was written", () => {
    expect(readWeights(JSON.parse(JSON.stringify(weights())))).toEqual(weights());
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["a text", "weights"],
    ["a list", [weights()]],
    ["another form", { ...weights(), atomsSplit: 2 }],
    ["no release", { ...weights(), release: "" }],
    ["an unknown state", { ...weights(), state: "paused" }],
    ["no address", { ...weights(), candidate: { id: "dpl_new", address: "shop-new.example" } }],
    [
      "an address that is no web address",
      { ...weights(), candidate: { id: "dpl_new", address: "file:///etc" } },
    ],
    ["a share above 1", { ...weights(), shares: [0.1, 1.5] }],
    ["a stage that is none", { ...weights(), stage: 3 }],
    ["a lease that is no time", { ...weights(), until: "tomorrow" }],
  ])("takes %s for none", (_, value) => {
    expect(readWeights(value)).toBeUndefined();
  });

  it("never throws, whatever is in the item", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => readWeights(value)).not.toThrow();
      }),
    );
  });
});
