import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Shop } from "./shop.js";

const program = fileURLToPath(new URL("../../packages/local-cloud/dist/main.js", import.meta.url));

/** What is made to go wrong; see "Failing on purpose" in the local cloud's README. */
export type Fault = {
  method?: string;
  path: string;
  kind: "before" | "after" | "slow" | "cut-before" | "cut-after";
  status?: number;
  headers?: Record<string, string>;
  delayMs?: number;
  times?: number;
};

/** Who answered a visitor, and how. */
export type Visit = { status: number | undefined; deployment: string | undefined };

/** A shop's local cloud whose calls can be held up or made to fail. */
export interface FaultyCloud {
  readonly api: string;
  readonly token: string;
  readonly team: string;
  fault(fault: Fault): Promise<void>;
  /** Takes all faults away; calls that are held up go on. */
  clearFaults(): Promise<void>;
  /** Waits until every fault has met its calls. @throws when that takes longer than 60 s. */
  met(): Promise<void>;
  /** What a visitor of production gets. @param from The visitor's address: visitors of one address share a fate. */
  visit(from?: string): Promise<Visit>;
  close(): Promise<void>;
}

/** Starts a cloud that may be made to fail, and makes it the shop's own. */
export async function startFaultyCloud(shop: Shop): Promise<FaultyCloud> {
  const folder = join(shop.folder, ".atoms", "cloud");
  mkdirSync(join(shop.folder, ".atoms", "run"), { recursive: true, mode: 0o700 });
  const child = spawn(process.execPath, [program, "--dir", folder, "--json", "--faults"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { api, edge, token, team } = JSON.parse(await firstLine(child)) as {
    api: string;
    edge: string;
    token: string;
    team: { id: string; slug: string };
  };
  writeFileSync(
    join(shop.folder, ".atoms", "run", "cloud.json"),
    JSON.stringify({ api, edge, token, team, pid: child.pid }),
    { mode: 0o600 },
  );
  const left = async () => {
    const answer = await fetch(`${api}/atoms/faults`, { headers: { authorization: `Bearer ${token}` } });
    const { faults } = (await answer.json()) as { faults: { path: string; left: number }[] };
    return faults.filter((one) => one.left > 0).map((one) => one.path);
  };
  const control = async (method: string, body?: Fault) => {
    const answer = await fetch(`${api}/atoms/faults`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`the fault was not taken: ${answer.status} ${await answer.text()}`);
    await answer.body?.cancel();
  };
  return {
    api,
    token,
    team: team.id,
    fault: (fault) => control("POST", fault),
    clearFaults: () => control("DELETE"),
    async met() {
      for (const late = performance.now() + 60_000; performance.now() < late; await pause(20))
        if ((await left()).length === 0) return;
      throw new Error(`no call met ${(await left()).join(" and ")} in 60 s`);
    },
    visit: (from) => visit(edge, from),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const kill = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await gone;
      clearTimeout(kill);
    },
  };
}

/** Asks production as a visitor does: not every system resolves `*.localhost`, so the host is named in the request. */
export function visit(edge: string, from?: string): Promise<Visit> {
  return new Promise((resolve, reject) => {
    get(
      `${edge}/health`,
      {
        headers: { host: "shop.localhost", ...(from === undefined ? {} : { "x-forwarded-for": from }) },
        agent: false,
        timeout: 10_000,
      },
      (answer) => {
        answer.resume();
        // A routing helper may have had another deployment answer than the edge chose.
        const deployment = answer.headers["x-atoms-split"] ?? answer.headers["x-atoms-cloud-deployment"];
        resolve({ status: answer.statusCode, deployment: deployment?.toString() });
      },
    ).once("error", reject);
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the cloud has no output");
  const lines = createInterface({ input: child.stdout });
  try {
    const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(60_000) })) as [string];
    return line;
  } finally {
    lines.close();
  }
}
