import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../terms/index.js";
import {
  type DrillMeasured,
  type DrillOrder,
  drillStarted,
  failureOf,
  judgeDrill,
  nextDrillNumber,
  openDrill,
} from "./drill.js";

const second = 1_000;
const targets = { rto: 60 * second, rpo: 10 * second, shut_out: 30 * second };
const measured: DrillMeasured = {
  rtoMs: 20 * second,
  noticedMs: second,
  recoveryMs: 18 * second,
  rpoMs: 5 * second,
  written: 100,
  kept: 60,
  lost: 40,
  hosts: 1,
};

describe("judgeDrill", () => {
  it.each([
    { what: "both within", change: {}, state: "passed" },
    { what: "exactly at the targets", change: { rtoMs: 60 * second, rpoMs: 10 * second }, state: "passed" },
    { what: "too slow", change: { rtoMs: 60 * second + 1 }, state: "missed" },
    { what: "too much lost", change: { rpoMs: 10 * second + 1 }, state: "missed" },
    { what: "an intruder who stayed", change: { shutOutMs: 30 * second + 1 }, state: "missed" },
    { what: "an intruder who left in time", change: { shutOutMs: 30 * second }, state: "passed" },
  ])("$what: $state", ({ change, state }) => {
    expect(judgeDrill({ ...measured, ...change }, targets).state).toBe(state);
  });

  it("says each figure beside its target, and what was lost", () => {
    expect(judgeDrill({ ...measured, rtoMs: 61 * second }, targets).because).toMatch(
      /^RTO 1m1s \(target 1m, missed\), RPO 5\.0 s \(target 10s, kept\); 40 of 100 writes were lost$/,
    );
    expect(judgeDrill({ ...measured, lost: 0 }, targets).because).toMatch(/none of 100 writes was lost/);
  });

  it("judges only what the scenario measures, and tells what else was seen", () => {
    const { rtoMs, noticedMs, recoveryMs, hosts } = measured;
    const told = judgeDrill({ rtoMs, noticedMs, recoveryMs, hosts, found: ["users were served"] }, targets);
    expect(told).toMatchObject({
      state: "passed",
      because: "RTO 20.0 s (target 1m, kept); users were served",
    });
  });
});

describe("what is broken", () => {
  it.each([
    { asked: undefined, own: true, is: "server" },
    { asked: undefined, own: false, is: "database" },
    { asked: "database" as const, own: true, is: "database" },
    { asked: "server" as const, own: false, is: "server" },
  ])("asked for $asked, own server $own: $is", ({ asked, own, is }) => {
    expect(failureOf(asked, own)).toBe(is);
  });
});

describe("the drills of a service", () => {
  const order = (number: number): DrillOrder => ({
    drill: `drill_${number}`,
    number,
    scenario: "database_failure",
    service: "shop",
    environment: "production",
    actor: { kind: "person", name: "ada", via: "cli" },
    startedAt: number * second,
    failure: "server",
    databases: ["main"],
    targets,
    deadlineMs: 60 * second,
    playbook: { path: "/shop/playbook.yaml", text: "" },
  });
  const entry = (event: object, seq: number) =>
    ({ ...event, seq, hash: "", previous: "" }) as unknown as LedgerEntry;
  const began = (number: number) => entry(drillStarted(order(number)), number);
  const ended = (number: number) =>
    entry({ ...drillStarted(order(number)), kind: "drill.finished" }, number + 100);

  it.each([
    { what: "none", entries: [], open: undefined, next: 1 },
    { what: "one under way", entries: [began(1)], open: "drill_1", next: 2 },
    { what: "one over", entries: [began(1), ended(1)], open: undefined, next: 2 },
    { what: "the second under way", entries: [began(1), ended(1), began(2)], open: "drill_2", next: 3 },
    { what: "one without an end below", entries: [began(1), began(2), ended(2)], open: "drill_1", next: 3 },
  ])("$what", ({ entries, open, next }) => {
    expect(openDrill(entries)?.drill).toBe(open);
    expect(nextDrillNumber(entries)).toBe(next);
  });

  it("two that are started at once are one: they share the key of their number", () => {
    expect(drillStarted({ ...order(3), drill: "drill_a" }).key).toBe(
      drillStarted({ ...order(3), drill: "drill_b" }).key,
    );
  });
});
