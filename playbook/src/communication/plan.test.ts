import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { corrections, leadTime, noticesOf, type Stage } from "./plan.js";
import { seedPlan } from "./seed.contract.js";
import { CommunicationPlan } from "./settings.js";

const minute = 60_000;
const now = Date.UTC(2026, 0, 5, 12);
const shiftAt = now + 15 * minute;
const facts = {
  release: "rel_1",
  service: "atoms-mcp",
  environment: "production",
  version: "v20260105.120000",
  address: "https://shop.example.com",
};
const plan = CommunicationPlan.parse(seedPlan);
const when = (dueAt: number) => Math.round((dueAt - shiftAt) / minute);

describe("the seed's plan, minute by minute", () => {
  it.each([
    {
      stage: "start",
      shiftAt,
      at: now,
      due: ["-15 #atoms-deployments", "-10 #atoms-engineering", "0 #atoms-status"],
    },
    // Planned late: nothing is due before the moment of planning.
    {
      stage: "start",
      shiftAt,
      at: now + 12 * minute,
      due: ["-3 #atoms-deployments", "-3 #atoms-engineering", "0 #atoms-status"],
    },
    { stage: "released", shiftAt, at: shiftAt, due: ["5 #atoms-deployments", "10 #atoms-engineering"] },
    {
      stage: "released",
      shiftAt,
      at: shiftAt + 7 * minute,
      due: ["7 #atoms-deployments", "10 #atoms-engineering"],
    },
    {
      stage: "released",
      shiftAt: undefined,
      at: shiftAt,
      due: ["5 #atoms-deployments", "10 #atoms-engineering"],
    },
    { stage: "rollback", shiftAt, at: shiftAt + minute, due: ["1 #atoms-incidents"] },
  ] as const)("$stage, planned at $at", ({ stage, shiftAt: t0, at, due }) => {
    const notices = noticesOf(plan, stage, facts, { now: at, shiftAt: t0 });
    expect(notices.map((one) => `${when(one.dueAt)} ${one.channel}`)).toEqual(due);
  });

  it.each(["start", "released", "rollback"] as const)("compressed, %s is due at once, in order", (stage) => {
    const timed = noticesOf(plan, stage, facts, { now, shiftAt });
    const atOnce = noticesOf(plan, stage, facts, { now, shiftAt, compress: true });
    expect(atOnce.map(({ key }) => key)).toEqual(timed.map(({ key }) => key));
    expect(atOnce.map(({ dueAt }) => dueAt)).toEqual(timed.map((_, i) => now + i));
  });

  it("asks for a lead of fifteen minutes", () => {
    expect(leadTime(plan)).toBe(15 * minute);
    expect(leadTime(undefined)).toBe(0);
    expect(leadTime(CommunicationPlan.parse({}))).toBe(0);
  });

  it("tells nobody without a plan", () => {
    expect(noticesOf(undefined, "start", facts, { now })).toEqual([]);
  });

  it("fills in what a message names, and shows a gap where a fact is missing", () => {
    const named = CommunicationPlan.parse({
      pre_deployment: [
        { channel: "#d", message: "{service} {version} {environment} {release} {address} {}", timing: "T-0" },
      ],
      rollback: [{ channel: "#d", message: "back: {because}", timing: "Immediate" }],
    });
    expect(noticesOf(named, "start", facts, { now })[0]?.text).toBe(
      "atoms-mcp v20260105.120000 production rel_1 https://shop.example.com {}",
    );
    expect(noticesOf(named, "start", { ...facts, address: undefined }, { now })[0]?.text).toContain(
      "(no address)",
    );
    // What an answer said is not read for names again.
    expect(
      noticesOf(named, "rollback", { ...facts, because: "{service} $& said no" }, { now })[0]?.text,
    ).toBe("back: {service} $& said no");
  });
});

describe("what sets a message right", () => {
  const because = "5 of 30 looks failed";
  it.each([
    { state: "released", heard: ["#d"], alerted: [], texts: [] },
    {
      state: "rolled back",
      heard: ["#d", "#e", "#d"],
      alerted: ["#i"],
      texts: [
        "#d Deployment of atoms-mcp v20260105.120000 in production ended: rolled back. 5 of 30 looks failed. PRs can resume.",
        "#e Deployment of atoms-mcp v20260105.120000 in production ended: rolled back. 5 of 30 looks failed. PRs can resume.",
        "#i Deployment of atoms-mcp v20260105.120000 in production ended: rolled back. 5 of 30 looks failed.",
      ],
    },
    {
      state: "failed",
      heard: ["#d"],
      alerted: [],
      texts: [
        "#d Deployment of atoms-mcp v20260105.120000 in production ended: failed before traffic moved. 5 of 30 looks failed. PRs can resume.",
      ],
    },
    { state: "failed", heard: [], alerted: [], texts: [] },
    {
      state: "aborted",
      heard: ["#d"],
      alerted: [],
      texts: [
        "#d Deployment of atoms-mcp v20260105.120000 in production ended: aborted before traffic moved. 5 of 30 looks failed. PRs can resume.",
      ],
    },
    {
      state: "unsafe",
      heard: ["#d"],
      alerted: [],
      texts: [
        "#d Deployment of atoms-mcp v20260105.120000 in production ended: not proven safe, a person must look at where traffic is. 5 of 30 looks failed. Please keep holding PRs.",
      ],
    },
  ] as const)("$state after $heard heard of it", ({ state, heard, alerted, texts }) => {
    const notices = corrections(heard, alerted, { ...facts, because }, state, now);
    expect(notices.map(({ channel, text }) => `${channel} ${text}`)).toEqual(texts);
  });
});

describe("properties", () => {
  const stages: Stage[] = ["start", "released", "rollback"];
  const minutes = (min: number, max: number) => fc.integer({ min, max });
  const line = (sign: "-" | "+", offset: fc.Arbitrary<number>) =>
    fc.record({
      channel: fc.constantFrom("#a", "#b", "#c"),
      message: fc.constantFrom("one", "two {service}"),
      timing: fc.oneof(
        fc.constant("Immediate"),
        offset.map((m) => `T${sign}${m} minutes`),
      ),
    });
  const list = (sign: "-" | "+", max: number) => fc.array(line(sign, minutes(0, max)), { maxLength: 12 });
  const plans = fc
    .record({
      pre_deployment: list("-", 120),
      during_deployment: list("+", 60),
      post_deployment: list("+", 60),
      rollback: list("-", 0),
    })
    .map((raw) => CommunicationPlan.parse(raw));

  it("every key is unique and the same whenever it is planned", () => {
    fc.assert(
      fc.property(plans, minutes(0, 300), (any, late) => {
        const keys = (at: number) =>
          stages.flatMap((s) => noticesOf(any, s, facts, { now: at, shiftAt }).map((n) => n.key));
        const all = keys(now);
        expect(new Set(all).size).toBe(all.length);
        expect(keys(now + late * minute).toSorted()).toEqual(all.toSorted());
      }),
    );
  });

  it("nothing is due before its moment, nor before it is planned, and everything in rising order", () => {
    fc.assert(
      fc.property(plans, minutes(0, 200), (any, lead) => {
        const t0 = now + lead * minute;
        const moments = [...any.pre_deployment, ...any.during_deployment].map(({ timing }) => timing);
        const notices = noticesOf(any, "start", facts, { now, shiftAt: t0 });
        let last = 0;
        for (const notice of notices) {
          const moment = moments[Number(notice.key.split("/").at(-1)) - 1] ?? 0;
          expect(notice.dueAt).toBeGreaterThanOrEqual(
            moment === "immediate" ? now : Math.max(now, t0 + moment),
          );
          expect(notice.dueAt).toBeGreaterThan(last);
          last = notice.dueAt;
        }
      }),
    );
  });

  it("compressing keeps the order that a release of full length has", () => {
    fc.assert(
      fc.property(plans, (any) => {
        const t0 = now + leadTime(any);
        for (const stage of stages) {
          const at = stage === "start" ? now : t0;
          const timed = noticesOf(any, stage, facts, { now: at, shiftAt: t0 }).map(({ key }) => key);
          const atOnce = noticesOf(any, stage, facts, { now, shiftAt: t0, compress: true }).map(
            ({ key }) => key,
          );
          expect(atOnce).toEqual(timed);
        }
      }),
    );
  });
});
