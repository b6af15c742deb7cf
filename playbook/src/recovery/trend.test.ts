import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../terms/index.js";
import { recoveryTrends } from "./trend.js";

const ran = (rtoMs: number | undefined, rto = 60_000, scenario = "database_failure") =>
  ({
    data: {
      scenario,
      ...(rtoMs === undefined ? {} : { rtoMs, rpoMs: 5_000 }),
      targets: { rto, rpo: 10_000 },
    },
  }) as unknown as LedgerEntry;
const rto = (...entries: LedgerEntry[]) => recoveryTrends(entries)[0];

describe("recoveryTrends", () => {
  it.each([
    { what: "the first", of: [20_000], turn: "first", before: undefined, kept: 1 },
    {
      what: "faster than the median before",
      of: [30_000, 20_000, 40_000, 20_000],
      turn: "better",
      before: 30_000,
      kept: 4,
    },
    { what: "slower", of: [20_000, 22_000, 70_000], turn: "worse", before: 21_000, kept: 2 },
    { what: "a tenth slower", of: [20_000, 22_000], turn: "steady", before: 20_000, kept: 2 },
    { what: "nothing, as before", of: [0, 0], turn: "steady", before: 0, kept: 2 },
  ])("$what: $turn", ({ of, turn, before, kept }) => {
    expect(rto(...of.map((ms) => ran(ms)))).toEqual({
      scenario: "database_failure",
      figure: "RTO",
      runs: of.length,
      kept,
      newest: of.at(-1),
      target: 60_000,
      ...(before === undefined ? {} : { before }),
      turn,
    });
  });

  it("leaves out what measured nothing, and says nothing where nothing was measured", () => {
    expect(rto(ran(20_000), ran(undefined), ran(20_000))?.runs).toBe(2);
    expect(recoveryTrends([ran(undefined)])).toEqual([]);
    expect(recoveryTrends([])).toEqual([]);
  });

  it("does not mix scenarios, and tells of them in the runbook's order", () => {
    const told = recoveryTrends([
      ran(1_000, 60_000, "data_corruption"),
      ran(50_000),
      ran(2_000, 60_000, "data_corruption"),
    ]);
    expect(told.map(({ scenario, figure, newest, turn }) => [scenario, figure, newest, turn])).toEqual([
      ["database_failure", "RTO", 50_000, "first"],
      ["database_failure", "RPO", 5_000, "first"],
      ["data_corruption", "RTO", 2_000, "worse"],
      ["data_corruption", "RPO", 5_000, "steady"],
    ]);
  });

  it("judges each by the target of its time, and compares with at most ten", () => {
    expect(rto(ran(20_000, 10_000), ran(20_000, 30_000))).toMatchObject({ kept: 1, target: 30_000 });
    expect(rto(...Array.from({ length: 20 }, (_, i) => ran(i < 9 ? 1 : 20_000)))?.before).toBe(20_000);
  });
});
