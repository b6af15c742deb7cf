import { describe, expect, it } from "vitest";
import { planDatabaseRecovery } from "./decide.js";
import type { DatabaseFinding } from "./model.js";

const now = Date.UTC(2026, 10, 28, 3);
const minute = 60_000;
const world = { now, health: "/health" };
const backup = (minutesAgo: number, sound?: boolean) => ({
  id: `b${minutesAgo}`,
  takenAt: now - minutesAgo * minute,
  ...(sound === undefined ? {} : { sound }),
});
const found = (change: Partial<DatabaseFinding>): DatabaseFinding => ({
  name: "main",
  variable: "DATABASE_URL",
  where: "db.test:5432/shop",
  target: "0a1b2c3d",
  state: "in use",
  backups: [backup(10, true)],
  ...change,
});
const commands = (change: Partial<DatabaseFinding>) =>
  planDatabaseRecovery(found(change), world).steps.flatMap(({ command }) => command ?? []);

describe("planDatabaseRecovery", () => {
  it.each<{ what: string; change: Partial<DatabaseFinding>; way: string; chosen?: string }>([
    { what: "answers", change: { fit: { fits: true } }, way: "as it is", chosen: "b10" },
    { what: "answers, no backup", change: { backups: [] }, way: "as it is" },
    { what: "empty", change: { state: "empty" }, way: "restore in place", chosen: "b10" },
    { what: "gone", change: { state: "gone" }, way: "restore in place", chosen: "b10" },
    { what: "away", change: { state: "away" }, way: "restore elsewhere", chosen: "b10" },
    { what: "away, no backup", change: { state: "away", backups: [] }, way: "impossible" },
    {
      what: "gone, only a bad backup",
      change: { state: "gone", backups: [backup(1, false)] },
      way: "impossible",
    },
    {
      what: "gone, the newest failed its trial",
      change: { state: "gone", backups: [backup(1, false), backup(5), backup(9, true)] },
      way: "restore in place",
      chosen: "b5",
    },
    {
      what: "another schema",
      change: { fit: { fits: false, because: "Another.", newer: false } },
      way: "restore elsewhere",
      chosen: "b10",
    },
    {
      what: "newer",
      change: { fit: { fits: false, because: "Newer.", newer: true } },
      way: "as it is",
      chosen: "b10",
    },
  ])("$what: $way", ({ change, way, chosen }) => {
    const plan = planDatabaseRecovery(found(change), world);
    expect({ way: plan.way, chosen: plan.backup?.id }).toEqual({ way, chosen });
    expect(plan.lossMs).toBe(chosen === undefined ? undefined : Number(chosen.slice(1)) * minute);
    expect(plan.steps.length).toBeGreaterThan(0);
  });

  it("names the one command that does it all, then the steps: in place, what was never tried is tried first", () => {
    const all = "atoms recover database_failure";
    expect(commands({ state: "gone" })).toEqual([all, "atoms backup restore b10 --database main"]);
    expect(commands({ state: "empty", backups: [backup(3)] }).slice(0, 2)).toEqual([
      all,
      "atoms backup verify b3",
    ]);
    expect(commands({ state: "away" })).not.toContain(all);
    const standby = "other.test:5432/shop";
    const plan = planDatabaseRecovery(found({ state: "away" }), { ...world, standby });
    expect(plan.steps[0]?.command).toBe(all);
  });

  it("keeps what is there before it is replaced, and says that it is newer", () => {
    expect(commands({ fit: { fits: false, because: "Newer.", newer: true } })).toEqual([
      "atoms backup create --database main",
      "atoms backup restore b10 --database main --over-newer",
    ]);
  });

  it("never restores over a database of another schema or one that is away", () => {
    for (const change of [
      { state: "away" as const },
      { fit: { fits: false as const, because: "Another.", newer: false } },
    ]) {
      const restores = commands(change).filter((command) => command.includes(" restore "));
      expect(restores).toEqual(['atoms backup restore b10 --database main --into "$OTHER_DATABASE_URL"']);
    }
  });
});
