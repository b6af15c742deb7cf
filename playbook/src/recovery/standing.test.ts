import { expect, it } from "vitest";
import type { LedgerEntry } from "../terms/index.js";
import { standingOf } from "./standing.js";

const drilled = (at: number, state: string, scenario = "data_corruption") =>
  ({
    at,
    data: {
      scenario,
      state,
      because: `because of ${at}`,
      targets: { rto: 60_000 },
      ...(state === "passed" ? { rtoMs: at } : {}),
    },
  }) as unknown as LedgerEntry;

it.each([
  { what: "never drilled", of: [], drills: 0, passed: 0, last: undefined },
  { what: "of another scenario alone", of: [drilled(1, "passed", "database_failure")], drills: 0, passed: 0 },
  {
    what: "failed last",
    of: [drilled(1, "passed"), drilled(2, "failed")],
    drills: 2,
    passed: 1,
    last: "failed",
  },
  {
    what: "stopped and cut off since, which says nothing",
    of: [drilled(1, "passed"), drilled(2, "stopped"), drilled(3, "cut off")],
    drills: 1,
    passed: 1,
    last: "passed",
  },
])("a scenario that was $what", ({ of, drills, passed, last }) => {
  const standing = standingOf("data_corruption", of, {});
  expect(standing).toMatchObject({ drills, passed });
  expect(standing.last?.state).toBe(last);
  expect(standing).not.toHaveProperty("cannot");
});

it("says why it cannot be drilled, when it will be, and how its figures go", () => {
  const standing = standingOf("data_corruption", [drilled(1_000, "passed"), drilled(500, "passed")], {
    cannot: "There is no database.",
    next: 7,
  });
  expect(standing).toMatchObject({ cannot: "There is no database.", next: 7 });
  expect(standing.trends).toEqual([expect.objectContaining({ figure: "RTO", newest: 500, turn: "better" })]);
});
