import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresDatabases } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import { type DrillOutcome, drillFailed } from "@atoms/playbook";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ControlPlane } from "../../control-plane.js";
import { openControlPlane } from "../../open-control-plane.js";
import { placesOf } from "../../places.js";
import { recoveryScenarios } from "../../verbs/drills.js";
import { keepDrilling, wrongWith } from "./schedule.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;

// It opens a store and an engine, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe("the game day", () => {
  let folder: string;
  let plane: ControlPlane;
  let playbook: string;
  let store: string;
  const databases = postgresDatabases({ clock: systemClock });
  beforeAll(async () => {
    const server = process.env["ATOMS_TEST_DB"];
    if (server === undefined)
      throw new Error("ATOMS_TEST_DB is not set; `npm test -- apps/control-plane` sets it");
    folder = await mkdtemp(join(tmpdir(), "atoms-game-day-"));
    playbook = join(folder, "playbook.yaml");
    store = await databases.make(server, {});
    plane = await openControlPlane({
      places: placesOf(folder),
      env: { DATABASE_URL: store },
      kind: "background",
      print: () => undefined,
    });
  });
  afterAll(async () => {
    await plane.close();
    await databases.drop(store);
    await rm(folder, { recursive: true, force: true });
  });

  /** A playbook whose drill cannot take place: its server is production's. */
  const write = async (...drill: string[]) => {
    await writeFile(
      playbook,
      [
        "version: 1",
        "service: { name: shop }",
        "notification_channels: { slack: { webhook_url: 'http://127.0.0.1:9/hook' } }",
        "on_call: { people: { ana: { slack: '#incidents' } }, escalation: { steps: [ana] } }",
        "backup: { databases: { main: { url: 'postgres://a@db.invalid:5432/shop' } } }",
        "recovery:",
        "  drill:",
        "    server_url: postgres://a@db.invalid:5432/postgres",
        ...drill.map((line) => `    ${line}`),
        "",
      ].join("\n"),
    );
    // A mistake in it would be a reason to do nothing, too.
    await plane.open({ playbook });
  };
  const clockOf = (at: number) => new Date(at).toISOString().slice(11, 16);
  const pages = async () => {
    const { ledger } = await plane.store();
    return (await ledger.read({ kind: "page.opened", limit: 10 })).map(({ data }) => data);
  };
  /** Keeps drilling until `what` is there, or for `ms` when nothing is to come. */
  const kept = async (what: () => Promise<boolean>, ms = 60_000) => {
    const stop = new AbortController();
    const keeping = keepDrilling(plane, { playbook }, stop.signal);
    const until = performance.now() + ms;
    while (!(await what()) && performance.now() < until) await plane.clock.sleep(50);
    stop.abort(new Error("the test is over"));
    await keeping;
  };

  it.each([
    { what: "no time is named", drill: [] },
    {
      what: "the last time was missed by more than it may be made up for",
      drill: [`schedule: { at: "${clockOf(Date.now() - 3 * 3_600_000)}", time_zone: UTC, within: 1h }`],
    },
  ])("does nothing when $what", async ({ drill }) => {
    await write(...drill);
    await kept(async () => (await pages()).length > 0, 1_500);
    expect(await pages()).toEqual([]);
  });

  const at = clockOf(Date.now());
  const titles = async () => (await pages()).map(({ title }) => title).sort();
  const didNot = (scenario: string) => `The scheduled drill of ${scenario} did not take place`;

  it("pages whoever is on call when a drill does not take place, naming its scenario, once for each time", async () => {
    await write(`schedule: { at: "${at}", time_zone: UTC }`, "scenarios: [data_corruption]");
    await kept(async () => (await pages()).length > 0);
    const told = await pages();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ severity: "P3", title: didNot("data_corruption") });
    const { onCall } = await plane.store();
    const page = await onCall.page(String(told[0]?.["page"]));
    expect(page).toMatchObject({
      about: { kind: "drill" },
      details: expect.stringMatching(/ATM-678 .*db\.invalid/),
    });
    // The control plane starts anew within the same two hours.
    await kept(async () => (await pages()).length > 1, 1_500);
    expect(await pages()).toHaveLength(1);
  });

  it("drills every scenario that the playbook has what is needed for, when it names none", async () => {
    // It has a database, and no list of secrets: what of this time was done before is not done again.
    await write(`schedule: { at: "${at}", time_zone: UTC }`);
    await kept(async () => (await pages()).length > 1);
    expect(await titles()).toEqual([didNot("data_corruption"), didNot("database_failure")]);
    const standings = await recoveryScenarios.run(plane, { playbook }, ada);
    expect(standings.filter(({ next }) => next !== undefined).map(({ scenario }) => scenario)).toEqual([
      "database_failure",
      "data_corruption",
    ]);
    expect(standings.find(({ scenario }) => scenario === "security_breach")?.cannot).toBeDefined();
  });
});

it.each<{ outcome: DrillOutcome; how: string | undefined; details?: RegExp }>([
  { outcome: { state: "passed", because: "all was kept" }, how: undefined },
  { outcome: { state: "stopped", because: "somebody stopped it" }, how: undefined },
  {
    outcome: { state: "missed", because: "RTO 2m, missed 1m" },
    how: "missed a target",
    details: /^RTO 2m, missed 1m\.$/,
  },
  {
    outcome: { state: "failed", because: "x", problem: drillFailed({ because: "Rows are gone." }).toJSON() },
    how: "failed",
    details: /^ATM-680 .*Rows are gone/,
  },
  { outcome: { state: "cut off", because: "its process died" }, how: "was cut off", details: /process died/ },
  {
    outcome: { state: "passed", because: "all was kept", left: "a folder" },
    how: "left something behind",
    details: /^a folder$/,
  },
])("a scheduled drill that ended as $outcome.state is told of as: $how", ({ outcome, how, details }) => {
  const told = wrongWith(outcome);
  expect(told?.how).toBe(how);
  if (details !== undefined) expect(told?.details).toMatch(details);
});
