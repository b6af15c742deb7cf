import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { visit } from "./faulty-cloud.js";
import { openShop, type Shop } from "./shop.js";

// One shop from its first command to its end, as the README tells it. The tests follow each other.
let shop: Shop;
/** The shop's service without a cloud, for `smoke` and `perf`. */
let plain: Server;
let address: string;

beforeAll(async () => {
  shop = openShop();
  plain = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "application/json" }).end('{"status":"healthy"}');
  });
  await new Promise<void>((listening) => plain.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await shop.close();
  await new Promise((closed) => plain.close(closed));
}, 60_000);

const timeout = 300_000;

describe("a newcomer", () => {
  it("is told by status and releases what to do first", { timeout }, async () => {
    const status = await shop.atoms("status");
    expect(status).toMatchObject({ code: 0, err: "" });
    expect(status.out).toContain("nothing yet; `atoms deploy` makes the first release");
    expect(await shop.json("releases")).toMatchObject({ code: 0, last: [] });
    expect(await shop.json("report")).toMatchObject({ code: 2, last: { problem: { code: "ATM-580" } } });
  });

  it("gets a playbook by init, and keeps the one that is there", { timeout }, async () => {
    const kept = await shop.json("init", "--yes");
    expect(kept).toMatchObject({ code: 4, last: { problem: { code: "ATM-926" } } });
    const made = await shop.json("init", "--yes", "--playbook", "other.yaml", "--name", "other");
    expect(made).toMatchObject({ code: 0, last: { name: "other", kind: "http", platform: "local" } });
    const text = readFileSync(join(shop.folder, "other.yaml"), "utf8");
    expect(text).toContain("name: other");
  });

  it("checks and plans before anything is touched", { timeout }, async () => {
    const check = await shop.json("check");
    expect(check).toMatchObject({ code: 0, last: { verdict: { kind: "pass" } } });
    expect(check.lines.slice(0, -1).every((finding) => typeof finding.title === "string")).toBe(true);
    const plan = await shop.json("plan");
    expect(plan).toMatchObject({ code: 0, last: { service: "shop", strategy: "standard", obstacles: [] } });
    expect(await shop.json("deployments")).toMatchObject({ code: 0, last: [] });
    const nowhere = await shop.json("rollback", "--yes");
    expect(nowhere).toMatchObject({ code: 1, last: { release: { problem: { code: "ATM-601" } } } });
    expect(await shop.json("logs")).toMatchObject({ code: 2, last: { problem: { code: "ATM-917" } } });
  });
});

describe("releases", () => {
  let versions: string[];

  it("go through every phase, one line of JSON each, and end served", { timeout }, async () => {
    const { code, lines, last } = await shop.json("deploy");
    expect(code).toBe(0);
    expect(lines.filter((l) => l.kind === "phase.started").map((l) => l.data.phase)).toEqual([
      "preflight",
      "backup",
      "announce",
      "deploy",
      "validate",
      "shift",
      "watch",
      "finish",
    ]);
    expect(lines.at(-2)).toMatchObject({ kind: "release.ended", data: { state: "released" } });
    expect(last.release).toMatchObject({ state: "released", split: 1 });
    const { candidate, version } = last.release;
    const record = JSON.parse(readFileSync(join(shop.folder, "deployments", `${version}.json`), "utf8"));
    expect(record).toMatchObject({ version, deployment: candidate.id, verdict: "pass" });
    const { edge } = JSON.parse(readFileSync(join(shop.folder, ".atoms", "run", "cloud.json"), "utf8"));
    expect(await visit(edge)).toEqual({ status: 200, deployment: candidate.id });
  });

  it("read well to people too", { timeout }, async () => {
    const { code, out, err } = await shop.atoms("deploy");
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toMatch(/✓ shift .+all traffic on dpl_\w+, proven on http:\/\/shop\.localhost:\d+/);
    expect(out).toMatch(/released after .+: production serves dpl_\w+, which passed its watch\n$/);
  });

  it("are looked after in the background from `up` on, and commands become its clients", {
    timeout,
  }, async () => {
    const up = await shop.json("up");
    expect(up).toMatchObject({ code: 0, last: { controlPlane: { startedNow: true } } });
    expect(await shop.json("up")).toMatchObject({ last: { controlPlane: { startedNow: false } } });
    expect((await shop.json("status")).last.controlPlane).toBe("background");
  });

  it("are remembered: releases, deployments, logs, ledger", { timeout }, async () => {
    const releases = await shop.json("releases");
    expect(releases.last.map((r: { state: string }) => r.state)).toEqual(["released", "released", "failed"]);
    versions = releases.last.slice(0, 2).map((r: { version: string }) => r.version);
    const deployments = await shop.json("deployments");
    expect(deployments.last).toMatchObject([
      { version: versions[0], state: "ready", serving: true },
      { version: versions[1], state: "ready", serving: false },
    ]);
    expect(deployments.last[1].provenAt).toBeGreaterThan(0);
    const logs = await shop.json("logs", "--limit", "5");
    expect(logs.code).toBe(0);
    expect(logs.last).toMatchObject({ deployment: deployments.last[0].id });
    expect(logs.last.lines.length).toBeGreaterThan(0);
    const shifts = await shop.json("ledger", "--kind", "traffic.shifted");
    expect(shifts.last).toHaveLength(2);
    const verified = await shop.json("ledger", "--verify");
    expect(verified).toMatchObject({ code: 0, last: { intact: true } });
  });

  it("are reported on as a page that stands alone, as Markdown and as JSON", { timeout }, async () => {
    const { last: report } = await shop.json("report");
    expect(report).toMatchObject({ release: { version: versions[0], state: "released" } });
    expect(report.phases.map(({ phase }: { phase: string }) => phase)).toContain("preflight");
    const { id } = report.release;
    expect((await shop.atoms("report", id)).code).toBe(0);
    const page = readFileSync(join(shop.folder, ".atoms", "reports", `${id}.html`), "utf8");
    expect(page).toContain("default-src 'none'");
    expect(page).toContain(report.release.candidate.id);
    const markdown = await shop.atoms("report", "--markdown");
    expect(markdown.out).toContain("| preflight |");
    const nowhere = await shop.json("report", "--out", join(shop.folder, "nowhere", "report.html"));
    expect(nowhere).toMatchObject({ code: 1, last: { problem: { code: "ATM-581" } } });
    expect((await shop.json("report", "rel_nobody")).last.problem.code).toBe("ATM-511");
  });

  it("are taken back by hand, once it is confirmed", { timeout }, async () => {
    const asked = await shop.json("rollback");
    expect(asked).toMatchObject({ code: 4, last: { problem: { code: "ATM-922" } } });
    const done = await shop.json("rollback", "--yes", "--because", "prices are wrong");
    expect(done).toMatchObject({
      code: 0,
      last: { release: { strategy: "rollback", state: "rolled back" } },
    });
    const status = await shop.json("status");
    expect(status.last.production).toMatchObject({ deployment: { version: versions[1] } });
    expect(status.last.production.hosts).toMatchObject([{ right: true }]);
    const refused = await shop.json("rollback", "--yes", "dpl_nobody");
    expect(refused).toMatchObject({ code: 4, last: { release: { problem: { code: "ATM-602" } } } });
  });
});

describe("a deployment that somebody else made", () => {
  it("is released as it is, through the same phases", { timeout }, async () => {
    const theirs = await madeByHand(shop, "production");
    const planned = await shop.json("plan", "--deployment", theirs.id);
    expect(planned.last).toMatchObject({ source: { deployment: theirs.id }, obstacles: [] });
    const { code, lines, last } = await shop.json("deploy", "--deployment", `http://${theirs.url}`);
    expect(last.release).toMatchObject({ state: "released", candidate: { id: theirs.id }, source: "" });
    expect(code).toBe(0);
    expect(lines.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["checks.left-out", "deployment.taken", "traffic.shifted"]),
    );
    expect(lines.map(({ kind }) => kind)).not.toContain("deployment.created");
    const again = await shop.json("deploy", "--deployment", theirs.id);
    expect(again).toMatchObject({ code: 4, last: { problem: { code: "ATM-962" } } });
  });

  it("is refused when it is no build for production, or not there", { timeout }, async () => {
    const preview = await madeByHand(shop, undefined);
    for (const id of [preview.id, "dpl_nobody"]) {
      const refused = await shop.json("deploy", "--deployment", id);
      expect(refused).toMatchObject({ code: 4, last: { problem: { code: "ATM-962" } } });
      expect(await shop.json("plan", "--deployment", id)).toMatchObject({ code: 4 });
    }
    const both = await shop.json("deploy", "--deployment", preview.id, "--env", "A=b");
    expect(both).toMatchObject({ code: 2, last: { problem: { code: "ATM-961" } } });
  });
});

/** Makes a deployment by the platform's API alone, as the platform's own command line does. */
async function madeByHand(shop: Shop, target: string | undefined): Promise<{ id: string; url: string }> {
  const { api, token } = JSON.parse(
    readFileSync(join(shop.folder, ".atoms", "run", "cloud.json"), "utf8"),
  ) as { api: string; token: string };
  const files = ["package.json", "server.js"].map((file) => ({
    file,
    data: readFileSync(join(shop.folder, file), "utf8"),
  }));
  const made = await fetch(`${api}/v13/deployments`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "shop", target, files, autoAssignCustomDomains: false }),
  });
  expect(made.status).toBe(200);
  return (await made.json()) as { id: string; url: string };
}

describe("whoever looks after it", () => {
  it("asks any address with smoke and perf", { timeout }, async () => {
    expect(await shop.json("smoke", address)).toMatchObject({ code: 0, last: { verdict: { kind: "pass" } } });
    const none = await shop.json("smoke", "http://127.0.0.1:1");
    expect(none).toMatchObject({ code: 1, last: { verdict: { kind: "fail" } } });
    expect(await shop.json("smoke", "not an address")).toMatchObject({
      code: 2,
      last: { problem: { code: "ATM-402" } },
    });
    // This playbook has switched the measurement off: then nothing was measured, and that is no pass.
    expect((await shop.json("perf", address)).code).toBe(5);
  });

  it("finds all well by doctor, with and without the background processes", { timeout }, async () => {
    const doctor = await shop.json("doctor");
    expect(doctor).toMatchObject({ code: 0, last: { verdict: { kind: "pass" } } });
    expect(shop.background()).toHaveLength(2);
    const down = await shop.json("down");
    expect(down).toMatchObject({ code: 0, last: { controlPlane: "stopped", cloud: "stopped" } });
    expect(shop.background()).toEqual([]);
    expect(existsSync(join(shop.folder, ".atoms", "run", "control-plane.json"))).toBe(false);
    const status = await shop.json("status");
    expect(status.last.production.unknown).toMatchObject({ code: "ATM-903" });
  });

  it.each([
    { line: ["deploy", "--skip", "everything"], code: "ATM-921" },
    { line: ["deploy", "--env", "no-equals-sign"], code: "ATM-921" },
    { line: ["releases", "--limit", "many"], code: "ATM-921" },
    { line: ["deploy", "--detach"], code: "ATM-924" },
    { line: ["abort"], code: "ATM-509" },
    { line: ["abort", "rel_nobody"], code: "ATM-511" },
    { line: ["deploy", "--resume"], code: "ATM-509" },
  ])("is told what is wrong with $line", { timeout }, async ({ line, code }) => {
    expect(await shop.json(...line)).toMatchObject({ code: 2, last: { problem: { code } } });
  });

  it("gets usage errors on standard error, and exit code 2", { timeout }, async () => {
    for (const line of [["deplyo"], ["smoke"], ["status", "--no-such-option"]]) {
      const ended = await shop.atoms(...line);
      expect(ended).toMatchObject({ code: 2, out: "" });
      expect(ended.err).toContain("error:");
    }
  });
});
