import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem, type LedgerEvent } from "../../terms/index.js";
import {
  backupBefore,
  checkChoice,
  type DataChoice,
  findWindow,
  type Suspect,
  standTables,
  suspectsIn,
} from "./index.js";

const hour = 3_600_000;
const change = (at: number): Suspect => ({ at, kind: "change", says: "dpl_1 serves all" });
const trouble = (at: number): Suspect => ({ at, kind: "trouble", says: "alert fires" });

describe("when rows went wrong", () => {
  const now = 100 * hour;
  it.each([
    [
      "the last change before the first trouble",
      [change(50), change(60), trouble(61), change(70), trouble(80)],
      60,
    ],
    ["the trouble itself when nothing changed in the day before", [change(30), trouble(61)], 61],
    ["the trouble itself when changes came after it", [trouble(61), change(70)], 61],
    ["the last change when nothing speaks of trouble", [change(50), change(60)], 60],
  ])("is %s", (_, suspects, hours) => {
    const hourly = suspects.map((one) => ({ ...one, at: one.at * hour }));
    const window = findWindow(hourly, {}, now);
    expect(window).toMatchObject({ since: hours * hour, until: now, by: "the ledger" });
    expect(window?.suspects.every(({ at }) => at >= hours * hour)).toBe(true);
  });

  it("is what a person says, whatever the ledger tells", () => {
    expect(findWindow([change(50), trouble(60)], { since: 55, until: 58 }, now)).toMatchObject({
      since: 55,
      until: 58,
      by: "you",
      suspects: [],
    });
  });

  it("is not known when nothing was told, and then nothing is made up", () => {
    expect(findWindow([], {}, now)).toBeUndefined();
    expect(findWindow([trouble(70)], { until: 60 }, now)).toBeUndefined();
  });

  it("never begins after it ends, and always at something that was told", () => {
    const suspect = fc.record({
      at: fc.integer({ min: 0, max: now }),
      kind: fc.constantFrom("change" as const, "trouble" as const),
      says: fc.constant("it"),
    });
    fc.assert(
      fc.property(fc.array(suspect), fc.integer({ min: 0, max: now }), (all, until) => {
        const suspects = all.toSorted((a, b) => a.at - b.at);
        const window = findWindow(suspects, { until }, now);
        expect(window === undefined).toBe(!suspects.some(({ at }) => at <= until));
        if (window === undefined) return;
        expect(window.since).toBeLessThanOrEqual(window.until);
        expect(suspects.map(({ at }) => at)).toContain(window.since);
      }),
    );
  });

  it("reads only entries of its own place that may have done it", () => {
    const entry = (service: string, kind: string, at: number): LedgerEvent => ({
      key: `${service}/${at}`,
      kind,
      at,
      actor: { kind: "person", name: "ada", via: "cli" },
      service,
      environment: "production",
      data: {},
    });
    const entries = [
      entry("shop", "alert.firing", 30),
      entry("shop", "traffic.shifted", 20),
      entry("shop", "phase.started", 21),
      entry("other", "traffic.shifted", 22),
      entry("shop", "traffic.shifted", 5),
    ];
    const of = { service: "shop", environment: "production", since: 10 };
    expect(suspectsIn(entries, of, ({ kind }) => kind)).toEqual([
      { at: 20, kind: "change", says: "traffic.shifted" },
      { at: 30, kind: "trouble", says: "alert.firing" },
    ]);
  });
});

it("the backup to compare with is the newest from before, unless it failed its trial", () => {
  const backups = [
    { id: "d", takenAt: 40 },
    { id: "c", takenAt: 30, sound: false },
    { id: "b", takenAt: 20, sound: true },
    { id: "a", takenAt: 10 },
  ];
  expect(backupBefore(backups, 41)?.id).toBe("d");
  expect(backupBefore(backups, 40)?.id).toBe("b");
  expect(backupBefore(backups, 10)).toBeUndefined();
});

describe("which tables are compared by rows", () => {
  const table = (name: string, rows: number, checksum: string) => ({ table: name, rows, checksum });
  it("only those that differ, have the same columns, and a primary key", () => {
    const objects = { "table a": "1", "table b": "1", "table c": "1", "table d": "1", "table e": "1" };
    const standing = standTables(
      { objects, tables: ["a", "b", "c", "d", "e"].map((name) => table(name, 2, "7")) },
      {
        objects: { ...objects, "table c": "2" },
        tables: [
          table("a", 2, "7"),
          table("b", 2, "8"),
          table("c", 1, "7"),
          table("d", 3, "7"),
          table("f", 1, "7"),
        ],
      },
      ["a", "b", "c", "f"].map((name) => ({ table: name, key: ["id"] })),
    );
    expect(standing.map((one) => [one.table, one.is])).toEqual([
      ["a", "same"],
      ["b", "by rows"],
      ["c", { because: "its columns are other than in the backup" }],
      ["d", { because: "it has no primary key" }],
      ["e", { because: "it is only in the backup" }],
      ["f", { because: "it is not in the backup" }],
    ]);
  });
});

describe("a choice", () => {
  const of = {
    where: "localhost/shop",
    backup: {
      id: "backup_1",
      tables: ["public.notes", "public.loose", "public.grown"],
      objects: { "table public.notes": "1", "table public.loose": "1", "table public.grown": "1" },
    },
    now: {
      shapes: [
        { table: "public.notes", key: ["id"] },
        { table: "public.loose", key: [] },
        { table: "public.grown", key: ["id"] },
        { table: "public.young", key: ["id"] },
      ],
      objects: { "table public.notes": "1", "table public.loose": "1", "table public.grown": "2" },
    },
  };
  const rows = (...tables: string[]): DataChoice => ({
    take: "rows",
    rows: tables.map((table) => ({ table, only: "both" })),
  });

  it("is named in full", () => {
    expect(checkChoice(rows("notes"), of)).toEqual(rows("public.notes"));
    expect(checkChoice({ take: "whole" }, of)).toEqual({ take: "whole" });
  });

  it.each([
    ["names nothing", rows(), "ATM-686"],
    ["names a table twice", rows("notes", "public.notes"), "ATM-686"],
    ["names no table", rows("nots"), "ATM-687"],
    ["names a table that the backup lacks", rows("young"), "ATM-687"],
    ["names a table without primary key", rows("loose"), "ATM-688"],
    ["names a table of other columns", rows("grown"), "ATM-689"],
  ])("that %s is refused", (_, choice, code) => {
    let thrown: unknown;
    try {
      checkChoice(choice, of);
    } catch (error) {
      thrown = error;
    }
    expect(isProblem(thrown) && thrown.code).toBe(code);
  });
});
