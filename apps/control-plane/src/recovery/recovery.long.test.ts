import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LedgerEntry, Release } from "@atoms/playbook";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  databases,
  type RecoveryTestBase,
  type RecoveryTestWorld,
  recoveryBase,
  recoveryWorld,
} from "./recovery.world.js";

const program = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));

// The built command, so that what dies is a process and not a pretence.
describe("atoms recover database_failure, killed with kill -9", { timeout: 240_000 }, () => {
  let base: RecoveryTestBase;
  let world: RecoveryTestWorld;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    base = await recoveryBase();
    world = await recoveryWorld(base, { rows: 60_000 });
  }, 120_000);
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await world?.end();
    await base?.end();
  }, 60_000);

  const command = (...args: string[]) => {
    const child = spawn(
      process.execPath,
      [program, "recover", "database_failure", "--json", "--playbook", world.playbook, ...args],
      {
        cwd: base.root,
        env: { ...base.env, HOME: base.root },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    children.add(child);
    let said = "";
    child.stderr.on("data", (data) => {
      said += String(data);
    });
    return { child, lines: createInterface({ input: child.stdout }), said: () => said };
  };

  /** What production says of its database, past the control plane, which is closed. */
  const health = async () => {
    const edge = new URL(base.cloud.edgeUrl);
    const headers = { host: `${world.name}.localhost:${edge.port}` };
    const asked = get({ host: edge.hostname, port: edge.port, path: "/health", headers, timeout: 10_000 });
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    let body = "";
    for await (const piece of answer.setEncoding("utf8")) body += String(piece);
    return (JSON.parse(body) as { checks: { database: object } }).checks.database;
  };

  it("goes on where it was, at whichever step it died, and restores once", async () => {
    await world.backup();
    await world.cutMain();
    // The command opens the store for itself.
    await base.plane.close();

    let args = ["--confirm", "database_failure"];
    for (const last of ["recovery.chosen", "recovery.restored", "deployment.created", "traffic.shifting"]) {
      const { child, lines, said } = command(...args);
      let seen = false;
      for await (const line of lines) {
        if ((JSON.parse(line) as LedgerEntry).kind !== last) continue;
        seen = true;
        break;
      }
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      expect(seen, `${last} was never told: ${said()}`).toBe(true);
      args = ["--resume"];
    }
    const { child, lines, said } = command("--resume");
    const told: (LedgerEntry & { release?: unknown })[] = [];
    for await (const line of lines) told.push(JSON.parse(line));
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode, said()).toBe(0);
    const ended = told.findLast(({ kind }) => kind === "release") as unknown as { release: Release };
    expect(ended.release).toMatchObject({ state: "released", strategy: "recovery" });
    // Every step once, however often it was begun.
    const kinds = told.flatMap(({ kind }) => kind ?? []);
    for (const kind of [
      "recovery.restored",
      "recovery.pointed",
      "deployment.created",
      "traffic.shifted",
      "recovery.finished",
    ])
      expect(
        kinds.filter((one) => one === kind),
        kind,
      ).toHaveLength(1);
    expect(await world.sql(world.standby, "select count(*) from notes")).toBe("60000");
    expect(await health()).toEqual({ status: "healthy", target: databases.target(world.standby) });
  });
});
