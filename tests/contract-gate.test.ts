import type { ContractComparison } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { releaseScenario } from "./release.world.js";

const gone: ContractComparison = {
  changes: [{ class: "removed", tool: "query_tool", path: "", saw: "is gone" }],
  back: [],
  tools: { stable: 2, candidate: 1 },
  ttlMs: { stable: 300_000, candidate: 300_000 },
};

function scenarioWith(compared: ContractComparison, contract?: Parameters<typeof releaseScenario>[0]) {
  const scenario = releaseScenario(contract);
  scenario.knobs.contract = compared;
  return scenario;
}

describe("the gate of the MCP contract", () => {
  it("lets a release pass that keeps it, and writes down that it was compared", async () => {
    const { release, kinds } = await releaseScenario().run();
    expect(release?.state).toBe("released");
    expect(kinds.filter((kind) => kind === "contract.compared")).toHaveLength(1);
    expect(kinds).not.toContain("approval.asked");
  });

  it("ends a release before traffic moves, where a removed tool fails", async () => {
    const seen = await scenarioWith(gone, { contract: { removed: "fail" } }).run();
    expect(seen.release).toMatchObject({ state: "failed", split: 0, problem: { code: "ATM-560" } });
    expect(seen.release?.problem?.happened).toContain("query_tool: is gone");
    expect(seen.serving).toBe("dpl_good");
    expect(seen.kinds).not.toContain("traffic.shifting");
  });

  it("waits for a person, and goes on when one approves", async () => {
    const scenario = scenarioWith(gone);
    const seen = await scenario.run(async () => {
      await until(scenario, "approval.asked");
      expect((await scenario.releases.get("rel_1"))?.activity?.doing).toMatch(
        /query_tool: is gone.*atoms approve/,
      );
      expect(scenario.platform.serving()).toBe("dpl_good");
      await scenario.approve();
    });
    expect(seen.release?.state).toBe("released");
    expect(seen.entries.find((one) => one.kind === "approval.given")?.data).toMatchObject({
      of: "contract",
      by: "ada",
    });
    expect(seen.kinds.indexOf("approval.given")).toBeLessThan(seen.kinds.indexOf("traffic.shifting"));
  });

  it("ends the release when nobody approves in time, and says so", async () => {
    const seen = await scenarioWith(gone, { contract: { wait: "2m" } }).run();
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-561", ending: "refused" } });
    expect(seen.serving).toBe("dpl_good");
  });

  it("can be aborted while it waits", async () => {
    const scenario = scenarioWith(gone);
    const seen = await scenario.run(async () => {
      await until(scenario, "approval.asked");
      await scenario.abort();
    });
    expect(seen.release).toMatchObject({ state: "aborted", problem: { code: "ATM-504" } });
    expect(seen.serving).toBe("dpl_good");
  });

  it("does not take an approval that came before the question", async () => {
    const scenario = scenarioWith(gone, { contract: { wait: "2m" } });
    const seen = await scenario.run(() => scenario.approve());
    expect(seen.release?.problem?.code).toBe("ATM-561");
  });
});

describe("the report on going back", () => {
  const unsafe = (options: Parameters<typeof releaseScenario>[0]) => {
    const scenario = releaseScenario(options);
    scenario.knobs.safety = {
      ...scenario.knobs.safety,
      migrations: { known: [{ path: "m/2.sql", change: "new", text: "DROP TABLE a" }] },
    };
    return scenario;
  };

  it("is written down before anything is touched", async () => {
    const { entries, kinds } = await releaseScenario().run();
    const report = entries.find((one) => one.kind === "rollback-safety.assessed");
    expect(report?.data).toMatchObject({ level: "safe", to: "dpl_good" });
    expect(kinds.indexOf("rollback-safety.assessed")).toBeLessThan(kinds.indexOf("backup.written"));
  });

  it("refuses an unsafe release where the playbook says so", async () => {
    const seen = await unsafe({ safety: { unsafe: "refuse" } }).run();
    expect(seen.release).toMatchObject({ state: "failed", problem: { code: "ATM-563", ending: "refused" } });
    expect(seen.made).toBe(0);
  });

  it("asks a person by default, before anything is touched, and goes on when one approves", async () => {
    const scenario = unsafe({});
    const seen = await scenario.run(async () => {
      await until(scenario, "approval.asked");
      expect(scenario.knobs.backups).toEqual([]);
      await scenario.approve();
    });
    expect(seen.release?.state).toBe("released");
  });

  it("only tells where the playbook says warn", async () => {
    const seen = await unsafe({ safety: { unsafe: "warn" } }).run();
    expect(seen.release?.state).toBe("released");
    const finding = seen.entries.find((one) => one.data["check"] === "rollback-safety");
    expect(finding?.data).toMatchObject({
      outcome: "warn",
      saw: expect.stringContaining("m/2.sql has DROP TABLE"),
    });
  });

  it("adds, once the new deployment is there, what clients of it would miss after going back", async () => {
    const added: ContractComparison = { ...gone, changes: [], back: gone.changes };
    const warned = await scenarioWith(added).run();
    expect(warned.release?.state).toBe("released");
    const saw = warned.entries
      .filter((one) => one.data["check"] === "rollback-safety")
      .map((one) => one.data["saw"]);
    expect(saw.at(-1)).toContain("query_tool: is gone");
    const refused = await scenarioWith(added, { safety: { caution: "refuse" } }).run();
    expect(refused.release).toMatchObject({ state: "failed", problem: { code: "ATM-563" } });
  });
});

/** Lets time pass until the ledger tells of something. */
async function until(scenario: ReturnType<typeof releaseScenario>, kind: string): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if ((await scenario.ledger.read({ kind, limit: 1 })).length > 0) return;
    await scenario.clock.advance(250);
  }
  throw new Error(`nothing told of ${kind}`);
}
