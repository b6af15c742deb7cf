import { describe, expect, it } from "vitest";
import { compareBothWays, compareContracts } from "./compare-contracts.js";
import { judgeContract } from "./judge-contract.js";
import type { Contract, ContractChange, ToolContract } from "./model.js";
import { ContractSettings } from "./settings.js";

const tool = (name: string, change: Partial<ToolContract> = {}): ToolContract => ({
  name,
  title: "",
  description: `Does ${name}.`,
  input: { type: "object", properties: { q: { type: "string" } } },
  output: { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] },
  hints: { readOnlyHint: true },
  ...change,
});
const contract = (tools: ToolContract[], generations: ("2025" | "2026")[] = ["2025", "2026"]): Contract => ({
  listings: generations.map((generation) => ({
    generation,
    listing: { protocol: "x", tools, ttlMs: generation === "2026" ? 300_000 : null },
  })),
  refused: [],
});
const stable = contract([tool("find"), tool("save", { hints: {} })]);
const withFind = (change: Partial<ToolContract>) =>
  contract([tool("find", change), tool("save", { hints: {} })]);
const brief = (changes: ContractChange[]) => changes.map((c) => `${c.class} ${c.tool} ${c.path} ${c.saw}`);

describe("two contracts", () => {
  it.each([
    { name: "the same", candidate: stable, changes: [] },
    {
      name: "in another order",
      candidate: contract([tool("save", { hints: {} }), tool("find")]),
      changes: [],
    },
    { name: "a tool gone", candidate: contract([tool("find")]), changes: ["removed save  is gone"] },
    {
      name: "a tool renamed",
      candidate: contract([tool("search", { description: "Does find." }), tool("save", { hints: {} })]),
      changes: ["renamed find  is now called search"],
    },
    {
      name: "a tool exchanged for another that only looks alike",
      candidate: contract([tool("search"), tool("save", { hints: {} })]),
      changes: ["removed find  is gone", "added search  is new"],
    },
    {
      name: "a new required argument",
      candidate: withFind({
        input: { type: "object", properties: { q: { type: "string" }, t: {} }, required: ["t"] },
      }),
      changes: ["narrowed find t is new and required"],
    },
    {
      name: "a result that may leave out what was promised",
      candidate: withFind({ output: { type: "object", properties: { ok: { type: "boolean" } } } }),
      changes: ["output find ok in its result is no longer required"],
    },
    {
      name: "a result that promises more",
      candidate: withFind({
        output: { type: "object", properties: { ok: { const: true }, n: {} }, required: ["ok", "n"] },
      }),
      changes: [
        "widened find ok in its result takes only true now",
        "widened find n in its result is new and required",
      ],
    },
    {
      name: "no result schema any more",
      candidate: withFind({ output: undefined }),
      changes: ["output find  its result has no schema any more"],
    },
    {
      name: "a tool that writes now",
      candidate: withFind({ hints: { readOnlyHint: false } }),
      changes: ["riskier find  readOnlyHint was true, is false"],
    },
    {
      name: "a tool that destroys no more",
      candidate: contract([tool("find"), tool("save", { hints: { destructiveHint: false } })]),
      changes: ["described save  destructiveHint was true, is false"],
    },
    {
      name: "another description",
      candidate: withFind({ description: "Does it well." }),
      changes: ["described find  has another description"],
    },
    {
      name: "a generation given up",
      candidate: contract([tool("find"), tool("save", { hints: {} })], ["2026"]),
      changes: ["protocol 2025  clients of 2025 are locked out: it does not answer"],
    },
  ])("$name", ({ candidate, changes }) =>
    expect(brief(compareContracts(stable, candidate))).toEqual(changes),
  );

  it("tells the way back apart: a new tool is harmless going on, and gone going back", () => {
    const compared = compareBothWays(
      stable,
      contract([tool("find"), tool("save", { hints: {} }), tool("new")]),
    );
    expect(brief(compared.changes)).toEqual(["added new  is new"]);
    expect(brief(compared.back)).toEqual(["removed new  is gone"]);
    expect(compared.ttlMs).toEqual({ stable: 300_000, candidate: 300_000 });
  });
});

describe("the judgement of a comparison", () => {
  const removed = compareBothWays(stable, contract([tool("find")]));
  it.each([
    { policy: "pass", outcome: "pass", asks: 0, fails: 0 },
    { policy: "warn", outcome: "warn", asks: 0, fails: 0 },
    { policy: "approve", outcome: "warn", asks: 1, fails: 0 },
    { policy: "fail", outcome: "fail", asks: 0, fails: 1 },
  ] as const)("of a tool that is gone, under $policy", ({ policy, outcome, asks, fails }) => {
    const judged = judgeContract(removed, ContractSettings.parse({ removed: policy }), 3);
    expect(judged.findings.map((finding) => finding.outcome)).toEqual([outcome]);
    expect(judged.asks).toHaveLength(asks);
    expect(judged.fails).toHaveLength(fails);
    if (policy === "pass") return;
    expect(judged.findings[0]?.check).toBe("mcp-contract removed");
    expect(judged.findings[0]?.saw).toContain("may go on using their cached list for 5m");
  });

  it("asks by default for what breaks clients, warns of words, and lets growth pass", () => {
    const settings = ContractSettings.parse({});
    expect(settings).toMatchObject({
      removed: "approve",
      narrowed: "approve",
      output: "approve",
      riskier: "approve",
    });
    expect(settings).toMatchObject({ described: "warn", widened: "pass", added: "pass" });
  });

  it("never takes silence for a pass", () => {
    const unread = { ...removed, changes: [], unread: "production, /api/mcp: 2026: answered 503" };
    expect(judgeContract(unread, ContractSettings.parse({}), 3)).toMatchObject({
      findings: [{ outcome: "warn" }],
      asks: [expect.stringContaining("503")],
    });
    expect(judgeContract(unread, ContractSettings.parse({ unread: "fail" }), 3).fails).toHaveLength(1);
  });

  it("counts what it does not tell of a service that changed altogether", () => {
    const many = Array.from({ length: 80 }, (_, i) => tool(`tool_${i}`, { description: `${i}` }));
    const judged = judgeContract(
      compareBothWays(contract(many), contract([])),
      ContractSettings.parse({}),
      3,
    );
    expect(judged.findings).toHaveLength(51);
    expect(judged.findings.at(-1)?.saw).toContain("30 more");
    expect(judged.asks).toHaveLength(80);
  });
});
