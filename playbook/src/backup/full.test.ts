import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differencesOf, standingOf } from "./compare.js";
import { fullIdAt, takenAt } from "./create.js";
import type { DatabaseContents } from "./model.js";
import { toForget } from "./retention.js";
import { BackupSettings, RetentionSettings } from "./settings.js";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 27, 12);
const kept = (daysAgo: number, verified = false) => ({
  id: `d${daysAgo}`,
  createdAt: now - daysAgo * day,
  verified,
});
const keep = (change: object) =>
  RetentionSettings.parse({ last: 1, daily: 0, weekly: 0, monthly: 0, ...change });

describe("toForget", () => {
  it.each([
    { what: "the newest stay", have: [0, 1, 2].map((n) => kept(n)), keep: keep({ last: 2 }), gone: ["d2"] },
    {
      what: "the newest verified one stays, whatever its age",
      have: [kept(0), kept(5), kept(90, true), kept(91, true)],
      keep: keep({}),
      gone: ["d91", "d5"],
    },
    {
      what: "one of a day",
      have: [kept(0), { ...kept(1), id: "early", createdAt: now - day - 3_600_000 }, kept(1), kept(3)],
      keep: keep({ daily: 3 }),
      gone: ["d3", "early"],
    },
    {
      what: "one of a week",
      have: [0, 1, 7, 8, 14, 21].map((n) => kept(n)),
      keep: keep({ weekly: 3 }),
      gone: ["d21", "d8", "d1"],
    },
    {
      what: "one of a month",
      have: [0, 20, 40, 70].map((n) => kept(n)),
      keep: keep({ monthly: 2 }),
      gone: ["d70", "d20"],
    },
    { what: "nothing there", have: [], keep: keep({}), gone: [] },
  ])("$what", ({ have, keep: settings, gone }) => {
    expect(toForget(have, settings, now)).toEqual(gone);
  });

  it("keeps the newest and the newest verified one, and forgets nothing twice over", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ age: fc.integer({ min: 0, max: 900 }), verified: fc.boolean() }), {
          selector: ({ age }) => age,
          maxLength: 40,
        }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 20 }),
        (ages, last, daily) => {
          const have = ages.map(({ age, verified }) => kept(age, verified));
          const settings = keep({ last, daily, weekly: 2, monthly: 2 });
          const gone = toForget(have, settings, now);
          const left = have.filter(({ id }) => !gone.includes(id));
          expect(toForget(left, settings, now)).toEqual([]);
          const newest = have.toSorted((a, b) => b.createdAt - a.createdAt);
          for (const { id } of newest.slice(0, last)) expect(gone).not.toContain(id);
          const proven = newest.find(({ verified }) => verified);
          if (proven !== undefined) expect(gone).not.toContain(proven.id);
        },
      ),
    );
  });
});

describe("ids", () => {
  it("tell when a backup was taken", () => {
    const id = fullIdAt(Date.UTC(2026, 10, 27, 3, 4, 5, 678), "1f2e");
    expect(id).toBe("backup_20261127_030405_1f2e");
    expect(takenAt(id)).toBe(Date.UTC(2026, 10, 27, 3, 4, 5));
    for (const other of ["deploy_20261127_030405_rel", "backup_20261127_030405_1f2e/..", ".."])
      expect(takenAt(other)).toBeUndefined();
  });
});

const contents = (change: Partial<DatabaseContents> = {}): DatabaseContents => ({
  tables: [
    { table: "public.users", rows: 10, checksum: "123" },
    { table: "public.orders", rows: 3, checksum: "-5" },
  ],
  objects: { "table public.users": "a", "table public.orders": "b", "index public.i": "c" },
  sequences: { "public.users_id_seq": "10" },
  ...change,
});

describe("differencesOf", () => {
  it.each([
    { what: "nothing", found: contents(), differences: [] },
    {
      what: "a sequence that went on",
      found: contents({ sequences: { "public.users_id_seq": "12" } }),
      differences: [],
    },
    {
      what: "a lost row, and a changed one",
      found: contents({
        tables: [
          { table: "public.users", rows: 9, checksum: "1" },
          { table: "public.orders", rows: 3, checksum: "5" },
        ],
      }),
      differences: [
        "table public.users has 9 rows instead of 10",
        "rows of table public.orders are not as they were",
      ],
    },
    {
      what: "a lost table is told once, a lost index too",
      found: contents({
        tables: [{ table: "public.users", rows: 10, checksum: "123" }],
        objects: { "table public.users": "a" },
      }),
      differences: ["table public.orders is missing", "index public.i is missing"],
    },
    {
      what: "another definition, something new, and a sequence that was put back",
      found: contents({
        objects: { ...contents().objects, "index public.i": "x", "view public.v": "y" },
        sequences: { "public.users_id_seq": "9" },
      }),
      differences: [
        "index public.i is defined otherwise",
        "view public.v was not there",
        "sequence public.users_id_seq is at 9, behind 10",
      ],
    },
  ])("$what", ({ found, differences }) => expect(differencesOf(contents(), found)).toEqual(differences));

  it("tells of at most eight, and how many more", () => {
    const many = contents({
      objects: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`index i${i}`, "x"])),
    });
    expect(differencesOf(many, contents({ objects: {} }))).toHaveLength(9);
    expect(differencesOf(many, contents({ objects: {} })).at(-1)).toBe("and 22 more differences");
  });
});

describe("standingOf", () => {
  const { objects } = contents();
  it.each([
    { what: "the same", now: objects, standing: { may: true } },
    { what: "an empty database", now: {}, standing: { may: true } },
    { what: "one that lost a table", now: { "table public.users": "a" }, standing: { may: true } },
    {
      what: "one with a later migration",
      now: { ...objects, "table public.later": "z", "table public.users": "a2" },
      standing: { may: false, because: "newer", newer: ["table public.later", "table public.users"] },
    },
    {
      what: "another one altogether",
      now: { "table public.films": "a" },
      standing: { may: false, because: "another schema" },
    },
  ])("$what", ({ now: standing, standing: wanted }) => expect(standingOf(standing, objects)).toEqual(wanted));
});

describe("settings of full backups", () => {
  it.each([
    { databases: { Main: { url: "postgres://h/d" } } },
    { databases: { main: {} } },
    { s3: { endpoint: "s3.example.com", bucket: "b", access_key_id: "a", secret_access_key: "s" } },
    {
      s3: {
        endpoint: "https://s3.example.com",
        bucket: "Not A Bucket",
        access_key_id: "a",
        secret_access_key: "s",
      },
    },
    { retention: { last: 0 } },
    { schedule: { at: "25:00" } },
  ])("refuses %j", (input) => expect(BackupSettings.safeParse(input).success).toBe(false));
});
