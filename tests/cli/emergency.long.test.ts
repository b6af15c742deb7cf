import { spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openShop, playbook } from "./shop.js";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const shop = openShop(playbook("recovery: { settle: 20s }\n"));
afterAll(() => shop.close(), 60_000);

const nobodyThere = "postgres://atoms@127.0.0.1:9/atoms";
const deploy = async (): Promise<string> => {
  const { code, last } = await shop.json("deploy");
  expect(code).toBe(0);
  return last.release.candidate.id;
};
/** A busy machine may take its time: what is promised of time is measured elsewhere. */
const patience = ["--within", "30s"];
const look = async () => (await shop.json("emergency", ...patience)).last;
const act = (...args: string[]) =>
  shop.json("emergency", ...patience, "--yes", "--reason", "a test", "--do", ...args);
const cloud = () => JSON.parse(readFileSync(join(shop.folder, ".atoms/run/cloud.json"), "utf8"));
const processesOfShop = async (): Promise<number[]> => {
  const { api, token } = cloud();
  const answer = await fetch(`${api}/atoms/projects/shop/instances`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { running } = (await answer.json()) as { running: { pid: number }[] };
  return running.map(({ pid }) => pid);
};

/** Types into `atoms emergency` in a terminal: each answer when its question is there. */
async function terminal(talk: [wait: string, type: string][]): Promise<{ code: number | null; out: string }> {
  const program = fileURLToPath(new URL("../../apps/cli/bin/atoms.js", import.meta.url));
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(CI|FORCE_COLOR|DATABASE_URL|ATOMS_.*|VITEST.*)$/.test(name),
    ),
  );
  const command = `${process.execPath} ${program} emergency ${patience.join(" ")}`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd: shop.folder,
    env: { ...env, NO_COLOR: "1", TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let from = 0;
  for (const [wait, type] of talk) {
    const late = performance.now() + 120_000;
    while (!out.includes(wait, from) && child.exitCode === null && performance.now() < late) await pause(50);
    const at = out.indexOf(wait, from);
    if (at < 0) {
      child.kill("SIGKILL");
      throw new Error(`${wait} was not asked:\n${out}`);
    }
    from = at + wait.length;
    if (type !== "" || wait.endsWith("?")) {
      // The question is drawn before it listens.
      await pause(300);
      child.stdin.write(type === "\u0003" ? type : `${type}\r`);
    }
  }
  const code = await ended;
  return { code, out };
}

/** What was released first, and what serves. */
let [first, second] = ["", ""];
beforeAll(async () => {
  first = await deploy();
  second = await deploy();
});

it("all is well: it says so, and what could be done", async () => {
  const well = await look();
  expect(well).toMatchObject({
    store: "reached",
    unseen: [],
    culprit: { kind: "nothing wrong" },
    wayBack: { to: first, known: "by the store" },
    production: { value: { deployment: { id: second } } },
  });
  expect(well.hosts.value).toMatchObject([{ ok: true }]);
  expect(well.changes.map(({ what }: { what: string }) => what)).toContain("traffic");
});

it("a host takes requests and never answers: that is said of the host, and all else is seen", async () => {
  const pids = await processesOfShop();
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  const hanging = await look();
  for (const pid of pids) process.kill(pid, "SIGCONT");
  expect(hanging.hosts.value).toMatchObject([{ ok: false, saw: expect.stringContaining("did not answer") }]);
  expect(hanging).toMatchObject({
    production: { is: "seen" },
    culprit: { kind: "last release", advice: "rollback" },
  });
});

it("the store is away: it is seen by the platform itself, and acted upon there, with a journal", async () => {
  shop.env["DATABASE_URL"] = nobodyThere;
  const away = await look();
  expect(away).toMatchObject({ store: "away", wayBack: { to: first, known: "by the records" } });
  expect(away.hosts.value).toMatchObject([{ ok: true }]);
  expect(away.unseen.map(({ part }: { part: string }) => part)).toContain("releases");
  const back = await act("rollback");
  expect(back.code).toBe(0);
  expect(back.last.acted).toMatchObject({ by: "journal", to: first });
  expect((await look()).production.value.deployment.id).toBe(first);
  // Asked again it does not go forward to what was just left.
  const again = await act("rollback");
  expect(again).toMatchObject({ code: 4, last: { problem: { code: "ATM-651" } } });
  const frozen = await act("freeze", "--for", "2h");
  expect(frozen.last.acted).toMatchObject({ by: "journal", freeze: { because: "a test" } });
  const journal = join(shop.folder, ".atoms/emergency-journal.ndjson");
  appendFileSync(journal, "not a line of the journal\n");
  expect((await look()).journal.value).toMatchObject({ damaged: 1 });
});

it("the store is back: the next command brings the journal into the ledger, and the freeze holds", async () => {
  delete shop.env["DATABASE_URL"];
  const refused = await shop.atoms("deploy");
  expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("ATM-650") });
  expect(refused.err).toContain("have joined the ledger");
  expect(refused.err).toContain("1 lines of the emergency's journal could not be read");
  const kinds = (await shop.json("ledger", "--limit", "1000")).last.map(({ kind }: { kind: string }) => kind);
  for (const kind of ["emergency.acted", "rollback.decided", "rollback.verified", "freeze.began"])
    expect(kinds).toContain(kind);
  expect((await shop.json("ledger", "--verify")).last).toMatchObject({ intact: true });
  expect((await look()).wayBack).toMatchObject({ none: expect.stringContaining("proven good") });
  expect((await shop.json("plan", "--override-emergency-freeze", "the remedy")).last.obstacles).toEqual([]);
});

it("a rollback is never frozen, and a freeze is lifted by a person", async () => {
  const forward = await act("rollback", "--to", second);
  expect(forward.code).toBe(0);
  expect(forward.lines.find(({ acted }) => acted !== undefined).acted).toMatchObject({ by: "store" });
  expect((await look()).production.value.deployment.id).toBe(second);
  expect((await act("unfreeze")).code).toBe(0);
  expect(await act("unfreeze")).toMatchObject({ code: 4, last: { problem: { code: "ATM-654" } } });
  expect((await shop.json("plan")).last.obstacles).toEqual([]);
});

it("restarts what serves as a release of its own, which is no step back and no step on", async () => {
  const restarted = await act("restart");
  expect(restarted.code, JSON.stringify(restarted.last)).toBe(0);
  expect(restarted.last.release).toMatchObject({ strategy: "restart", state: "released" });
  const { candidate, previous } = restarted.last.release;
  expect(previous.id).toBe(second);
  const now = await look();
  expect(now.production.value.deployment.id).toBe(candidate.id);
  expect(now.hosts.value).toMatchObject([{ ok: true }]);
  second = candidate.id;
});

it("restarts past a store that is away, and leaves users what they have when it does not come up", async () => {
  shop.env["DATABASE_URL"] = nobodyThere;
  const restarted = await act("restart");
  expect(restarted.last.acted, JSON.stringify(restarted.last)).toMatchObject({
    act: "restart",
    by: "journal",
  });
  second = restarted.last.acted.to;
  const { api, token } = cloud();
  const setMode = (value: string) =>
    fetch(`${api}/v10/projects/shop/env?upsert=true`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify([{ key: "MODE", value, type: "plain", target: ["production"] }]),
    });
  expect((await setMode("ill")).ok).toBe(true);
  expect(await act("restart")).toMatchObject({ code: 1, last: { problem: { code: "ATM-657" } } });
  expect((await setMode("well")).ok).toBe(true);
  delete shop.env["DATABASE_URL"];
  expect((await look()).production.value.deployment.id).toBe(second);
});

it("closes no door where no flag does", async () => {
  expect(await act("maintenance")).toMatchObject({ code: 2, last: { problem: { code: "ATM-632" } } });
});

it("scales production, and says so; the number is kept in bounds", async () => {
  const scaled = await act("scale", "--instances", "3");
  expect(scaled).toMatchObject({ code: 0, last: { acted: { by: "store" } } });
  expect((await processesOfShop()).length).toBe(3);
  expect(
    (await shop.json("emergency", "--do", "scale", "--instances", "99", "--reason", "why not")).code,
  ).toBe(2);
});

it("pages nobody where nobody is on call, and says so", async () => {
  const { code, last } = await act("escalate");
  expect(code).toBe(1);
  expect(last.acted.says).toContain("The playbook names nobody who is on call");
});

describe("in a terminal", () => {
  it("asks what, why and whether, and does it", async () => {
    const typed = await terminal([
      ["What now?", "9"],
      ["9 is none of them", ""],
      ["What now?", "6"],
      ["Why?", "the database is moved"],
      ["Do it?", "y"],
    ]);
    expect(typed.code).toBe(0);
    expect(typed.out).toContain("No new release begins");
    expect((await look()).freeze.value).toMatchObject({ because: "the database is moved" });
    expect((await act("unfreeze")).code).toBe(0);
  });

  it("does nothing when it is left by Ctrl-C, by Enter, or by no", async () => {
    const left = await terminal([["What now?", "\u0003"]]);
    expect(left).toMatchObject({ code: 4, out: expect.stringContaining("Nothing was changed") });
    expect((await terminal([["What now?", ""]])).code).toBe(0);
    const no = await terminal([
      ["What now?", "6"],
      ["Why?", ""],
      ["Do it?", "n"],
    ]);
    expect(no).toMatchObject({ code: 4, out: expect.stringContaining("Not confirmed") });
    expect((await look()).freeze.value).toBeNull();
  });
});

it("the platform itself is away: that is said, and what the store knows is seen", async () => {
  const { pid } = cloud();
  process.kill(pid, "SIGKILL");
  const dark = await look();
  expect(dark).toMatchObject({ store: "reached", production: { is: "dead" }, releases: { is: "seen" } });
  expect(dark.culprit).toMatchObject({ kind: "platform", advice: "escalate" });
});

it("says what is missing on the command line, and does nothing", async () => {
  expect(await shop.json("emergency", "--do", "rollback", "--yes")).toMatchObject({
    code: 2,
    last: { problem: { code: "ATM-655" } },
  });
  for (const wrong of [
    ["--do", "explode", "--reason", "why not"],
    ["--reason", "why not"],
    ["--do", "freeze", "--reason", "why not", "--for", "soon"],
    ["--do", "freeze", "--reason", "why not", "--to", "dpl_1"],
    ["--within", "a while"],
    ["restart", "--do", "freeze", "--reason", "why not"],
    ["restart", "--for", "1h", "--reason", "why not"],
  ])
    expect((await shop.json("emergency", ...wrong)).code).toBe(2);
  const unasked = await shop.json("emergency", "--do", "freeze", "--reason", "why not");
  expect(unasked).toMatchObject({ code: 4, last: { problem: { code: "ATM-922" } } });
});
