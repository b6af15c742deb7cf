import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assessSafety, judgeSafety, worst } from "./assess.js";
import { matches } from "./matches.js";
import { harmfulStatements, judgeMigration } from "./migration.js";
import { type MigrationFile, type SafetyFacts, safetyLevels } from "./model.js";
import { SafetySettings } from "./settings.js";

const does = (sql: string) => harmfulStatements(sql).map((one) => `${one.harm}: ${one.does}`);

describe("what an older version may not survive", () => {
  it.each<[sql: string, found: string[]]>([
    ["CREATE TABLE a (id int NOT NULL); CREATE INDEX i ON a (id);", []],
    ["ALTER TABLE a ADD COLUMN b text;", []],
    ["ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT '';", []],
    ["INSERT INTO a VALUES (1);", []],
    ["ALTER TABLE a ALTER COLUMN b DROP NOT NULL; DROP INDEX i; ALTER TABLE a DROP CONSTRAINT c;", []],
    ["drop table\n  if exists a cascade", ["breaks: DROP TABLE"]],
    ["ALTER TABLE a DROP COLUMN b", ["breaks: DROP COLUMN"]],
    ["ALTER TABLE ONLY a DROP b, ADD c int", ["breaks: DROP COLUMN"]],
    ["ALTER TABLE a ALTER COLUMN b TYPE bigint", ["breaks: ALTER COLUMN TYPE"]],
    ["ALTER TABLE a ALTER b SET DATA TYPE bigint", ["breaks: ALTER COLUMN TYPE"]],
    ["ALTER TABLE a MODIFY COLUMN b BIGINT", ["breaks: ALTER COLUMN TYPE"]],
    ["ALTER TABLE a RENAME COLUMN b TO c", ["breaks: RENAME"]],
    ["ALTER TABLE a RENAME TO b", ["breaks: RENAME"]],
    ["ALTER TYPE mood RENAME VALUE 'a' TO 'b'", ["breaks: RENAME"]],
    ["ALTER TABLE a ALTER COLUMN b SET NOT NULL", ["breaks: SET NOT NULL"]],
    ["ALTER TABLE a ADD COLUMN b int NOT NULL", ["breaks: ADD COLUMN NOT NULL without a default"]],
    ["ALTER TABLE a ALTER COLUMN b DROP DEFAULT", ["breaks: DROP DEFAULT"]],
    ["TRUNCATE a", ["breaks: TRUNCATE"]],
    ["DELETE FROM a WHERE old", ["breaks: DELETE"]],
    ["UPDATE a SET b = 1", ["doubtful: UPDATE"]],
    ["ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0)", ["doubtful: ADD CONSTRAINT"]],
    ["CREATE UNIQUE INDEX i ON a (b)", ["doubtful: CREATE UNIQUE INDEX"]],
    ["ALTER TYPE mood ADD VALUE 'new'", ["doubtful: ALTER TYPE"]],
    ["DO $$ BEGIN DROP TABLE a; END $$", ["doubtful: code that is run"]],
    ["-- DROP TABLE a\n/* DROP TABLE b; */ SELECT 'DROP TABLE c'; SELECT \"DROP TABLE d\"", []],
    ["CREATE FUNCTION f() AS $f$ DROP TABLE a; $f$", []],
    ["CREATE TABLE a (id int);\n-- migrate:down\nDROP TABLE a;", []],
    ["-- +goose Up\nCREATE TABLE a (id int);\n-- +goose Down\nDROP TABLE a;", []],
    ["'unfinished DROP TABLE a", []],
  ])("%s", (sql, found) => expect(does(sql)).toEqual(found));

  it("ends on any text, and finds nothing in comments", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
        expect(Array.isArray(harmfulStatements(text))).toBe(true);
        const line = text.replaceAll(/[\r\n]/g, " ");
        expect(harmfulStatements(`-- ${line} DROP TABLE a;\nSELECT 1;`)).toEqual([]);
      }),
    );
    const long = `ALTER TABLE a ${"ADD COLUMN b int, ".repeat(20_000)}`;
    const began = performance.now();
    expect(harmfulStatements(long)).toEqual([]);
    harmfulStatements(`ALTER TABLE ${"x ".repeat(200_000)}`);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe("a migration", () => {
  const drop = "DROP TABLE a;";
  it.each([
    { path: "m/2.sql", text: "CREATE TABLE b (id int);", level: "safe", saw: "only adds" },
    { path: "m/2.sql", text: drop, level: "unsafe", saw: "has DROP TABLE" },
    { path: "m/2.sql", text: `-- atoms: contract\nSELECT 1;`, level: "unsafe", saw: "atoms: contract" },
    {
      path: "m/2.sql",
      text: `-- atoms: reversible\n${drop}`,
      level: "caution",
      saw: "says that it is reversible, and has DROP TABLE",
    },
    {
      path: "m/2.sql",
      text: "/* atoms: expand */ UPDATE a SET b = 1;",
      level: "safe",
      saw: "says that it is expand",
    },
    { path: "m/2.sql", text: "UPDATE a SET b = 1;", level: "caution", saw: "does not say" },
    { path: "m/2.sql", text: "-- atoms: revrsible\nSELECT 1;", level: "caution", saw: "which is none of" },
    { path: "m/2.ts", text: "export const up = () => {};", level: "caution", saw: "is not SQL" },
    { path: "m/2.ts", text: "// atoms: expand\n", level: "safe", saw: "says that it is expand" },
    { path: "m/2.down.sql", text: drop, level: "safe", saw: "only run on the way back" },
    {
      path: "m/2.sql",
      change: "changed",
      text: "SELECT 1;",
      level: "caution",
      saw: "changed after it was released",
    },
    { path: "m/2.sql", change: "removed", level: "caution", saw: "is gone" },
    { path: "m/2.sql", level: "caution", saw: "too large" },
  ] as { path: string; change?: MigrationFile["change"]; text?: string; level: string; saw: string }[])(
    "$path, $text: $level",
    ({ path, change = "new", text, level, saw }) => {
      const judged = judgeMigration({ path, change, ...(text === undefined ? {} : { text }) });
      expect(judged.level).toBe(level);
      expect(judged.saw).toContain(saw);
    },
  );
});

describe("a pattern of files", () => {
  it.each([
    ["migrations/1.sql", "migrations", true],
    ["migrations/a/1.sql", "migrations/", true],
    ["migrations2/1.sql", "migrations", false],
    ["db/a/b/1.sql", "db/**/*.sql", true],
    ["db/1.sql", "db/**/*.sql", true],
    ["db/1.ts", "db/**/*.sql", false],
    ["db/1.up.sql", "db/*.up.sql", true],
    ["db/a/1.sql", "db/*.sql", false],
    ["aXbXc", "a*b*c", true],
    ["ac", "a*bc", false],
  ])("%s in %s: %s", (path, pattern, is) => expect(matches(path, pattern)).toBe(is));
});

const quiet: SafetyFacts = {
  stable: { id: "dpl_1", createdAt: 1 },
  variables: { known: { changed: [], willChange: [] } },
  crons: { known: { before: [], after: [] } },
  migrations: null,
};

describe("whether going back is safe", () => {
  const nightly = { path: "/nightly", schedule: "0 1 * * *" };
  it.each<{ name: string; facts: Partial<SafetyFacts>; level: string; saw?: string }>([
    { name: "nothing changed", facts: {}, level: "safe" },
    { name: "the first release", facts: { stable: undefined, variables: { unknown: "x" } }, level: "safe" },
    {
      name: "variables changed",
      facts: { variables: { known: { changed: ["API_URL"], willChange: ["MODE"] } } },
      level: "caution",
      saw: "API_URL",
    },
    {
      name: "variables not known",
      facts: { variables: { unknown: "refused" } },
      level: "caution",
      saw: "refused",
    },
    {
      name: "a cron added",
      facts: { crons: { known: { before: [], after: [nightly] } } },
      level: "caution",
      saw: "going back stops /nightly (0 1 * * *)",
    },
    {
      name: "a cron rescheduled",
      facts: { crons: { known: { before: [{ ...nightly, schedule: "0 2 * * *" }], after: [nightly] } } },
      level: "caution",
      saw: "stops /nightly (0 1 * * *) and starts /nightly (0 2 * * *) again",
    },
    {
      name: "crons not known",
      facts: { crons: { unknown: "the source is gone" } },
      level: "caution",
      saw: "the source is gone",
    },
    { name: "no new migration", facts: { migrations: { known: [] } }, level: "safe" },
    {
      name: "a migration that drops, among harmless ones",
      facts: {
        migrations: {
          known: [
            { path: "m/1.sql", change: "new", text: "CREATE TABLE b (id int)" },
            { path: "m/2.sql", change: "new", text: "DROP TABLE a" },
          ],
        },
      },
      level: "unsafe",
      saw: "m/2.sql has DROP TABLE",
    },
    {
      name: "more migrations than are told, of which a late one drops",
      facts: {
        migrations: {
          known: Array.from({ length: 50 }, (_, i) => ({
            path: `m/${i}.sql`,
            change: "new" as const,
            text: i === 49 ? "DROP TABLE a" : "CREATE TABLE b (id int)",
          })),
        },
      },
      level: "unsafe",
      saw: "m/49.sql has DROP TABLE",
    },
  ])("$name: $level", ({ facts, level, saw = "" }) => {
    const report = assessSafety({ ...quiet, ...facts });
    expect(report.level).toBe(level);
    expect(report.reasons.map((reason) => reason.saw).join("; ")).toContain(saw);
  });

  it("is never safer than its gravest reason", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...safetyLevels)), (levels) => {
        const rank = (level: (typeof safetyLevels)[number]) => safetyLevels.indexOf(level);
        for (const level of levels) expect(rank(worst(levels))).toBeGreaterThanOrEqual(rank(level));
        expect(levels.length === 0 || levels.includes(worst(levels))).toBe(true);
      }),
    );
  });

  it.each([
    { policy: "warn", outcome: "warn", asks: 0, refuses: 0 },
    { policy: "approve", outcome: "warn", asks: 1, refuses: 0 },
    { policy: "refuse", outcome: "fail", asks: 0, refuses: 1 },
  ] as const)("unsafe under $policy", ({ policy, outcome, asks, refuses }) => {
    const report = assessSafety({
      ...quiet,
      migrations: { known: [{ path: "m/2.sql", change: "new", text: "DROP TABLE a" }] },
    });
    const judged = judgeSafety(report, SafetySettings.parse({ unsafe: policy }));
    expect(judged.finding.outcome).toBe(outcome);
    expect([judged.asks.length, judged.refuses.length]).toEqual([asks, refuses]);
  });
});
