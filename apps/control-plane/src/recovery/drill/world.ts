import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { findServerPrograms, removeOwnServer } from "@atoms/databases";
import {
  type DrillMeasured,
  type DrillOrder,
  type DrillWorld,
  drillFailed,
  drillFlow,
  Problem,
  RecoveryDatabaseSettings,
} from "@atoms/playbook";
import { readProcessFile, writeProcessFile } from "../../background/process-file.js";
import { stopProcess } from "../../background/spawn.js";
import { fullPorts } from "../../backups/index.js";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { ownPaths } from "../../playbook-at-hand.js";
import { looksSecret } from "../../playbook-file/index.js";
import {
  databasePrefix,
  type StageNews,
  type StageOrder,
  serverFolders,
  stageFolder,
  stageProcess,
} from "./order.js";
import { stagePlaybook } from "./playbook.js";
import type { StageAdditions } from "./scenario.js";
import { drillScenarios } from "./scenarios.js";

/** How long a drill that is told to stop may take its stage down, in milliseconds. */
const graceMs = 20_000;
const program = fileURLToPath(new URL("../../../dist/background/run-drill.js", import.meta.url));

const flows = new WeakMap<ControlPlane, ReturnType<typeof drillFlow>>();

/** The flow of drills of a control plane; the same one whenever it is asked for. */
export function drillFlowOf(plane: ControlPlane): ReturnType<typeof drillFlow> {
  const known = flows.get(plane) ?? drillFlow(() => worldOf(plane));
  flows.set(plane, known);
  return known;
}

async function worldOf(plane: ControlPlane): Promise<DrillWorld> {
  const { ledger } = await plane.store();
  return {
    ledger,
    now: () => plane.clock.now(),
    rehearse: (order, tell, signal) => rehearse(plane, order, tell, signal),
    remove: (order) => remove(plane, order),
  };
}

/** The playbook of an order, as it was; on the local cloud, so that no account of a real one is needed. */
const opened = (plane: ControlPlane, { playbook }: DrillOrder): Promise<OpenPlaybook> =>
  plane.open({ playbook: playbook.path, platform: "local" }, playbook.text);

async function rehearse(
  plane: ControlPlane,
  order: DrillOrder,
  tell: (doing: string) => Promise<void>,
  signal: AbortSignal,
): Promise<DrillMeasured | "stopped" | "cut off"> {
  const { home, logs } = plane.places;
  const folder = stageFolder(home, order.drill);
  if (existsSync(folder)) return "cut off";
  const open = await opened(plane, order);
  const added = drillScenarios[order.scenario].additions?.(open) ?? {};
  const stage = await stageOf(plane, order, open, added);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    stage.playbook,
    stagePlaybook(open.settings, {
      databases: order.databases,
      source: open.sourceFolder,
      standby: order.failure === "server",
      ...(added.sections === undefined ? {} : { sections: added.sections }),
    }),
    { mode: 0o600 },
  );
  const log = join(logs, "drill.log");
  const errors = openSync(log, "a", 0o600);
  // A group of its own: Ctrl-C in the terminal is for this process, which then stops that one in order.
  const child = spawn(process.execPath, [program], {
    cwd: plane.places.root,
    env: { ...plane.env },
    stdio: ["pipe", "pipe", errors],
    detached: true,
  }) as ChildProcessByStdio<Writable, Readable, null>;
  closeSync(errors);
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  if (child.pid !== undefined) writeProcessFile(stageProcess(home, order.drill), {}, child.pid);
  const stopped = plane.interrupted(order.drill);
  const either = AbortSignal.any([signal, stopped]);
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.stdin.end();
    killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  either.addEventListener("abort", stop, { once: true });
  if (either.aborted) stop();
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(stage)}\n`);
  let last: StageNews | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const news = JSON.parse(line) as StageNews;
    if ("doing" in news) await tell(news.doing);
    else last = news;
  }
  await ended;
  clearTimeout(killer);
  either.removeEventListener("abort", stop);
  if (last !== undefined && "measured" in last) return last.measured;
  signal.throwIfAborted();
  if (stopped.aborted) return "stopped";
  if (last !== undefined && "problem" in last) throw Problem.from(last.problem);
  throw drillFailed({ because: `The process of the drill died; ${log} may say why.` });
}

async function stageOf(
  plane: ControlPlane,
  order: DrillOrder,
  { settings, sourceFolder }: OpenPlaybook,
  added: Pick<StageAdditions, "variables" | "environment" | "standby">,
): Promise<StageOrder> {
  const { places, env } = plane;
  const { recovery, backup, service, platforms, validation } = settings;
  const { drill } = recovery;
  const folder = stageFolder(places.home, order.drill);
  const programs = drill.server_url === undefined ? await findServerPrograms(env["PATH"]) : undefined;
  const variables = { ...platforms.local?.variables, ...added.variables, ...drill.variables };
  return {
    drill: order.drill,
    scenario: order.scenario,
    service: order.service,
    ...(order.failure === undefined ? {} : { failure: order.failure }),
    folder,
    playbook: join(folder, "playbook.yaml"),
    logs: places.logs,
    source: sourceFolder,
    own: ownPaths(settings, places.root),
    databases: Object.fromEntries(
      order.databases.map((name) => {
        const { standby_url: _, ...rest } = recovery.databases[name] ?? RecoveryDatabaseSettings.parse({});
        return [name, { ...rest, variable: backup.databases[name]?.variable ?? "DATABASE_URL" }];
      }),
    ),
    variables,
    secrets: Object.keys(variables).filter(looksSecret),
    environment: added.environment ?? {},
    ...(added.standby === undefined ? {} : { standby: added.standby }),
    ...(drill.prepare === undefined ? {} : { prepare: drill.prepare }),
    afterBackupMs: drill.after_backup,
    settleMs: recovery.settle,
    health: service.health,
    ...(validation.probe_header === undefined ? {} : { probe: validation.probe_header }),
    ...(drill.server_url === undefined ? {} : { serverUrl: drill.server_url }),
    ...(programs === undefined ? {} : { programs }),
    ...(env["PATH"] === undefined ? {} : { path: env["PATH"] }),
  };
}

/** Ends the process of a drill if it is still there, its servers, its databases, and removes its folder. */
async function remove(plane: ControlPlane, order: DrillOrder): Promise<void> {
  const { home } = plane.places;
  const file = stageProcess(home, order.drill);
  const standing = readProcessFile<object>(file);
  if (standing !== undefined) await stopProcess("The drill", standing.pid, graceMs);
  for (const folder of Object.values(serverFolders(order.drill))) await removeOwnServer(folder);
  const open = await opened(plane, order);
  const url = open.settings.recovery.drill.server_url;
  if (url !== undefined) {
    const { databases } = fullPorts(plane, open, [], () => undefined);
    const names = ["store", ...order.databases.keys()].map((name) => `${databasePrefix(order.drill)}${name}`);
    for (const name of names) {
      const one = new URL(url);
      one.pathname = `/${name}`;
      await databases.drop(one.href);
    }
  }
  rmSync(stageFolder(home, order.drill), { recursive: true, force: true });
  rmSync(file, { force: true });
  // Empty now, unless another drill left something.
  await rmdir(dirname(file)).catch(() => undefined);
}
