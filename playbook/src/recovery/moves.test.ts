import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answeredByOther, type HttpResult } from "../terms/index.js";
import type { DatabaseFinding } from "./model.js";
import { chooseMove, type RecoveryConsent, type StandbyFinding } from "./moves.js";
import { withStanding } from "./problems.js";
import { judgeHealth, valueAt } from "./prove.js";
import { figuresOfRecovery, figureWords, leftToDo } from "./story.js";

const finding = (change: Partial<DatabaseFinding> = {}): DatabaseFinding => ({
  name: "main",
  variable: "DATABASE_URL",
  where: "db.test:5432/shop",
  target: "0a1b2c3d",
  state: "away",
  backups: [
    { id: "b3", takenAt: 3, sound: false },
    { id: "b2", takenAt: 2 },
    { id: "b1", takenAt: 1, sound: true },
  ],
  ...change,
});
const standby = (change: Partial<StandbyFinding> = {}): StandbyFinding => ({
  where: "other.test:5432/shop",
  target: "99999999",
  state: "empty",
  holdsBackup: false,
  anotherSchema: false,
  ...change,
});
const consent = (change: Partial<RecoveryConsent> = {}): RecoveryConsent => ({ overInUse: false, ...change });
const other = { fit: { fits: false as const, because: "Another.", newer: false } };

describe("what is done with a database", () => {
  it.each<{
    what: string;
    found?: Partial<DatabaseFinding>;
    beside?: StandbyFinding;
    serves?: { target: string; well: boolean };
    allowed?: Partial<RecoveryConsent>;
    does: string;
  }>([
    { what: "away, an empty standby", beside: standby(), does: "restore standby" },
    { what: "away, a standby still to be made", beside: standby({ state: "gone" }), does: "restore standby" },
    { what: "away, no standby", does: "ATM-667" },
    { what: "away, the standby too", beside: standby({ state: "away" }), does: "ATM-669" },
    { what: "away, the standby is itself", beside: standby({ target: "0a1b2c3d" }), does: "ATM-669" },
    { what: "away, the standby has tables", beside: standby({ state: "in use" }), does: "ATM-668" },
    {
      what: "away, the standby has tables that may go",
      beside: standby({ state: "in use" }),
      allowed: { overInUse: true },
      does: "restore standby over",
    },
    {
      what: "away, the standby is somebody else's",
      beside: standby({ state: "in use", anotherSchema: true }),
      allowed: { overInUse: true },
      does: "ATM-669",
    },
    {
      what: "away, the standby holds the backup already",
      beside: standby({ state: "in use", holdsBackup: true }),
      does: "restore standby again",
    },
    {
      what: "away, and the service uses the standby already",
      beside: standby({ state: "in use" }),
      serves: { target: "99999999", well: true },
      does: "leave",
    },
    {
      what: "away, and the service uses the standby, which is not well",
      beside: standby(),
      serves: { target: "99999999", well: false },
      does: "restore standby",
    },
    { what: "gone", found: { state: "gone" }, does: "restore in place" },
    { what: "empty", found: { state: "empty" }, does: "restore in place" },
    { what: "in use", found: { state: "in use" }, does: "leave" },
    {
      what: "in use, to be replaced",
      found: { state: "in use", fit: { fits: true } },
      allowed: { overInUse: true },
      does: "restore in place over",
    },
    {
      what: "in use with another schema, to be replaced",
      found: { state: "in use", ...other },
      allowed: { overInUse: true },
      does: "ATM-669",
    },
    { what: "gone, no backup", found: { state: "gone", backups: [] }, does: "ATM-665" },
    {
      what: "gone, every backup failed its trial",
      found: { state: "gone", backups: [{ id: "b3", takenAt: 3, sound: false }] },
      does: "ATM-665",
    },
    {
      what: "gone, a backup that is none",
      found: { state: "gone" },
      allowed: { backup: "b9" },
      does: "ATM-665",
    },
  ])("$what: $does", ({ found, beside, serves, allowed, does }) => {
    const move = chooseMove(
      {
        finding: finding(found),
        ...(beside === undefined ? {} : { standby: beside }),
        ...(serves === undefined ? {} : { serves }),
      },
      consent(allowed),
    );
    const said =
      move.do === "nothing can be done"
        ? move.problem.code
        : move.do === "leave"
          ? "leave"
          : `restore ${move.place}${move.over ? " over" : ""}${move.again ? " again" : ""}`;
    expect(said).toBe(does);
  });

  it("tries the newest that did not fail its trial first, then those before it, and the one that is named alone", () => {
    const tried = (allowed?: Partial<RecoveryConsent>) => {
      const move = chooseMove({ finding: finding({ state: "gone" }) }, consent(allowed));
      return move.do === "restore" ? move.backups.map(({ id }) => id) : [];
    };
    expect(tried()).toEqual(["b2", "b1"]);
    expect(tried({ backup: "b1" })).toEqual(["b1"]);
    // A person may insist on one that failed.
    expect(tried({ backup: "b3" })).toEqual(["b3"]);
  });

  it("never replaces tables without consent, and never another schema, whatever it finds", () => {
    const states = fc.constantFrom<DatabaseFinding["state"]>("in use", "empty", "gone", "away");
    fc.assert(
      fc.property(
        fc.record({
          state: states,
          beside: fc.option(
            fc.record({ state: states, holdsBackup: fc.boolean(), anotherSchema: fc.boolean() }),
          ),
          foreign: fc.boolean(),
          overInUse: fc.boolean(),
        }),
        ({ state, beside, foreign, overInUse }) => {
          const move = chooseMove(
            {
              finding: finding({ state, ...(foreign ? other : {}) }),
              ...(beside === null ? {} : { standby: standby(beside) }),
            },
            consent({ overInUse }),
          );
          if (move.do !== "restore") return;
          const place = move.place === "standby" ? beside?.state : state;
          const schema = move.place === "standby" ? beside?.anotherSchema : foreign;
          if (place === "in use" && !move.again) {
            expect(move.over && overInUse).toBe(true);
            expect(schema).toBe(false);
          }
          expect(place).not.toBe("away");
        },
      ),
    );
  });
});

describe("the service's health as proof", () => {
  const expected = [
    {
      database: "main",
      status: "checks.database.status",
      target: "checks.database.target",
      words: ["healthy"],
      is: "9",
    },
  ];
  const answer = (body: unknown, headers: Record<string, string> = {}): HttpResult => ({
    answered: true,
    status: 200,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ms: 1,
    firstByteMs: 1,
  });
  const says = (status: unknown, target: unknown) => ({ checks: { database: { status, target } } });

  it.each<[string, HttpResult, boolean, RegExp]>([
    ["well and the right one", answer(says("healthy", "9")), true, /main is healthy, target 9/],
    ["well and another one", answer(says("healthy", "8")), false, /target 8 instead of 9/],
    ["the right one, not well", answer(says("degraded", "9")), false, /main is degraded/],
    ["no target", answer({ checks: { database: { status: "healthy" } } }), false, /no target at checks/],
    ["no checks", answer({ status: "healthy" }), false, /not named at checks\.database\.status/],
    ["no JSON", answer("fine"), false, /without JSON/],
    [
      "the deployment before",
      answer(says("healthy", "9"), { "x-atoms-deployment": "dpl_1" }),
      false,
      /dpl_1 still/,
    ],
    ["nobody", { answered: false, why: "refused", message: "refuses connections", ms: 1 }, false, /refuses/],
  ])("%s", (_, result, right, saw) => {
    const judged = answeredByOther(result, "dpl_2") ?? judgeHealth(result, expected);
    expect(judged.right).toBe(right);
    expect(judged.saw).toMatch(saw);
  });

  it("reads only what JSON itself has at a path", () => {
    expect(valueAt({ a: { b: 1 } }, "a.b")).toBe(1);
    for (const path of ["a.c", "a.b.c", "constructor.name", "a.toString"])
      expect(valueAt({ a: { b: 1 } }, path)).toBeUndefined();
  });
});

describe("what is told of a recovery", () => {
  it("compares what it took with the targets", () => {
    const targets = { rto: 60_000, rpo: 300_000 };
    expect(figuresOfRecovery(60_000, 300_000, targets).met).toBe(true);
    expect(figuresOfRecovery(60_001, 0, targets).met).toBe(false);
    expect(figureWords(figuresOfRecovery(12_300, 400_000, targets))).toBe(
      "RTO 12.3 s (target 1m, kept), RPO 6m40s (target 5m, missed)",
    );
  });

  it("names what is left when it stops, and how to go on", () => {
    const move = chooseMove({ finding: finding(), standby: standby() }, consent());
    expect(leftToDo([move], { restored: [], switched: false, shifted: false })).toEqual([
      "restoring main to other.test:5432/shop",
      "pointing DATABASE_URL at other.test:5432/shop",
      "deploying again, so that the service uses it",
      "proving on every production host that it is well",
    ]);
    expect(leftToDo([move], { restored: ["main"], switched: true, shifted: true })).toEqual([
      "proving on every production host that it is well",
    ]);
    const problem = {
      code: "ATM-1",
      title: "",
      happened: "",
      stillTrue: "Nothing was changed.",
      fix: "Mend it.",
      ending: "failed" as const,
    };
    const stopped = withStanding(problem, {
      done: ["main was restored"],
      left: ["deploying"],
      command: "atoms recover",
    });
    expect(stopped.stillTrue).toBe("Done: main was restored. Not done: deploying.");
    expect(stopped.fix).toMatch(/^Mend it\. Then `atoms recover` again/);
    expect(withStanding(problem, { done: [], left: [], command: "" }).stillTrue).toBe("Nothing was changed.");
  });
});
