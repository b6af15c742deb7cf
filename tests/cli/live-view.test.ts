import type { Ask } from "@atoms/control-plane";
import type { LedgerEntry, Release } from "@atoms/playbook";
import { followRelease } from "@atoms/playbook/report";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Terminal } from "../../apps/cli/src/terminal/terminal.js";
import { showRelease } from "../../apps/cli/src/views/follow.js";
import { emptyView, releaseText, withEntry } from "../../apps/cli/src/views/release.js";
import { canaryLedger, endedCanary, release } from "../../playbook/src/report/ledger.contract.js";

/** No styles: what is tested is what is said. */
const paint = new Proxy({}, { get: () => (text: string) => text }) as Terminal["paint"];
const begun = release.startedAt;

// It is then when the ledger was written.
beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterAll(() => void vi.useRealTimers());

/** Answers `follow` from a recorded ledger, a few entries at a time. */
function recorded(entries: readonly LedgerEntry[], ended: Release, many = 7): Ask {
  const ask = async (_verb: unknown, input: unknown) => {
    const { after } = input as { after: number };
    const events = entries.filter(({ seq }) => seq > after).slice(0, many);
    vi.setSystemTime(events.at(-1)?.at ?? Date.now());
    const last = events.at(-1)?.seq === entries.at(-1)?.seq || events.length === 0;
    return { release: last ? ended : { ...release, state: "running" }, events };
  };
  return Object.assign(ask, { from: "control plane" }) as unknown as Ask;
}

/** A terminal that is none: what was printed for people, and what for programs. */
function pipe(json: boolean) {
  const said: string[] = [];
  const results: Record<string, unknown>[] = [];
  const terminal: Terminal = {
    json,
    live: false,
    canAsk: false,
    columns: 100,
    paint,
    say: (text = "") => void said.push(text),
    note: (text) => void said.push(text),
    drawing: () => undefined,
    result: (value) => void (json && results.push(value as Record<string, unknown>)),
  };
  return { terminal, said, results };
}

/** A canary that waits for a person, goes on, is watched, and is released. */
function approved() {
  const { entries, add, at, over, phase } = canaryLedger({ looks: 160, bad: 0, base: 0, steps: [0.5, 0.75] });
  const because = "a person to approve: giving dpl_new 100 %";
  const gate = { gate: "approval", point: "step 2" };
  add("approval.asked", { of: "step 2", people: 1, questions: ["giving dpl_new 100 %"] }, at);
  add("gate.shut", { ...gate, because, until: begun + (at + 600) * 1_000, otherwise: "refuse" }, at);
  add("gate.opened", { ...gate, because: "approved by ada" }, at + 5);
  add("analysis.verdict", { step: 2, split: 0.75, move: "next", because: "proof of health" }, at + 5);
  add("traffic.shifted", { to: "dpl_new", ms: 52, hosts: [] }, at + 6);
  over("shift", at + 6, 1_000);
  phase("watch", at + 7, { waitsMs: 60_000 });
  add("watch.passed", { looks: 60, failed: 0 }, at + 67);
  over("watch", at + 67, 60_000);
  add("release.ended", { state: "released", because: "it passed" }, at + 68);
  return { entries, at };
}

describe("a release shown where there is no terminal", () => {
  it("tells each step, each gate that shuts and opens, and each judgement in its order, once", async () => {
    const { terminal, said } = pipe(false);
    const { entries } = approved();
    await showRelease(recorded(entries, { ...release, state: "released" }), release, terminal);
    const order = [
      /^shop v2026\S+ to production on local/,
      /^✓ deploy/,
      /step 1 of 3: 50 % on dpl_\w+, for 5 m 0 s or until there is proof of health$/,
      /error rate: proof of health/,
      /step 2 of 3: 75 %/,
      /error rate: proof of health/,
      /approval keeps it waiting: a person to approve: giving dpl_new 100 %; until \S+ UTC, then it is refused/,
      /approval is open: approved by ada/,
      /step 2 \(75 %\) may end: proof of health/,
      /^✓ shift .*all traffic on dpl_new/,
      /watch lasts 1 m 0 s, until \S+ UTC/,
      /^✓ watch .*60 looks, 0 failed/,
    ];
    let before = -1;
    for (const wanted of order) {
      const place = said.findIndex((line, i) => i > before && wanted.test(line));
      expect(place, `${wanted} after ${said[before]}`).toBeGreaterThan(before);
      before = place;
    }
    expect(said.filter((line) => line.includes("approved by ada"))).toHaveLength(1);
    // Looks are many, changes are few.
    expect(said.length).toBeLessThan(30);
  });

  it("tells of proof of harm, and of the way back when it begins", async () => {
    const { terminal, said } = pipe(false);
    const { entries, release: ended } = endedCanary({ looks: 60, bad: 0.1, steps: [0.5] });
    await showRelease(recorded(entries, ended), release, terminal);
    const text = said.join("\n");
    expect(text).toMatch(/error rate: proof of harm/);
    expect(text).toMatch(/rollback begins: error rate/);
    expect(text.indexOf("proof of harm")).toBeLessThan(text.indexOf("rollback begins"));
    expect(text).not.toContain("\u001b");
  });
});

describe("a release shown to a program", () => {
  it("is lines that all have a kind, how it stands after each change among them", async () => {
    const { terminal, results, said } = pipe(true);
    const { entries } = approved();
    await showRelease(recorded(entries, { ...release, state: "released" }), release, terminal);
    expect(said).toEqual([]);
    expect(results.filter(({ kind }) => typeof kind !== "string")).toEqual([]);
    expect(results.filter(({ kind }) => kind !== "now")).toEqual(entries);
    const standing = results.filter(({ kind }) => kind === "now");
    expect(standing.length).toBeGreaterThan(10);
    expect(standing.at(-1)).toMatchObject({ release: release.id, waitsFor: [{ for: expect.any(String) }] });
    // JSON has no infinity; what is told has to survive it.
    expect(JSON.parse(JSON.stringify(standing))).toHaveLength(standing.length);
  });
});

describe("the live view of a canary", () => {
  const screenOf = (entries: readonly LedgerEntry[], rows?: number) => {
    const followed = followRelease();
    for (const entry of entries) followed.take(entry);
    const now = followed.now((entries.at(-1)?.at ?? begun) + 1_000);
    const view = entries.reduce(withEntry, emptyView);
    const running: Release = { ...release, state: "running", phase: "shift", split: now.split };
    return releaseText({ view, now, release: running }, paint, rows);
  };

  it("has the split, each guardrail on both arms, how far off a verdict is, and what it waits for until when", () => {
    const text = screenOf(canaryLedger({ looks: 24, steps: [0.5] }).entries);
    expect(text).toMatch(/traffic +█{10}░{10} 50 % on dpl_CNW\w+, 50 % on dpl_7dG/);
    for (const id of ["error rate", "p95 latency", "errors against stable", "latency against stable"])
      expect(text).toMatch(
        new RegExp(`${id} +(healthy|undecided) .*%? \\([\\d.]+–([\\d.]+|∞)\\).*[\\d,]+ / [\\d,]+$`, "m"),
      );
    expect(text).toMatch(/step 1 of 2: 2,400 requests; judged: [\d,]+ of the canary at 20 a second/);
    expect(text).toMatch(/verdict +(health in about [\d,]+ requests|proof of health|health not known yet)/);
    expect(text).toMatch(
      /waits for +proof of health, or of harm\n +at most 2 m 59 s more, until 15:05:02 UTC; then/,
    );
  });

  it("says what it waits for in the watch too", () => {
    const { entries } = approved();
    const until = entries.findIndex(
      ({ kind, data }) => kind === "phase.started" && data["phase"] === "watch",
    );
    expect(screenOf(entries.slice(0, until + 1))).toMatch(
      /waits for +the end of the watch\n +at most 59\.0 s more, until \S+ UTC; then it is finished/,
    );
  });

  it("tells the phases that are over on one line where there is little room", () => {
    const { entries } = canaryLedger({ looks: 24, steps: [0.5] });
    const all = screenOf(entries).split("\n");
    const few = screenOf(entries, all.length - 1).split("\n");
    expect(few.length).toBeLessThan(all.length);
    expect(few[1]).toMatch(/^✓ preflight, deploy in 1\.5 s$/);
    expect(few.slice(-5)).toEqual(all.slice(-5));
  });

  it.each([0, 1, 5])("draws after %i looks, however little is known", (looks) => {
    expect(screenOf(canaryLedger({ looks, steps: [0.5] }).entries)).toMatch(/waits for/);
  });
});
