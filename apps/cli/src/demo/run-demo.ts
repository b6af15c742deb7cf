import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Ask,
  abort,
  deploy,
  ensureCloud,
  ensureControlPlane,
  makePlaces,
  openSession,
  placesOf,
  status,
  stopCloud,
  stopControlPlane,
  verifyLedger,
} from "@atoms/control-plane";
import { systemClock } from "@atoms/engine";
import type { Release } from "@atoms/playbook";
import { undiciHttp } from "@atoms/vercel";
import type { Invocation } from "../command.js";
import { demoFailed } from "../problems.js";
import { watchInterrupts } from "../terminal/interrupts.js";
import { showRelease } from "../views/follow.js";
import { releaseEndText } from "../views/report.js";
import { demoPlaybook, resource } from "./demo-playbook.js";
import type { DemoRun } from "./report.js";
import { startServiceDatabase } from "./service-database.js";
import { sendVisitors, type Visitors } from "./visitors.js";

/** The bundle of the Atoms MCP Server, made when Atoms was installed. */
const bundle = fileURLToPath(new URL("../../../../services/atoms-mcp/deploy", import.meta.url));

/** Goes bad this long after its process began: validated before, in front of users after. */
const goodForSeconds = 14;

type Act = {
  title: string;
  why: string;
  strategy: "standard" | "canary";
  variables: Record<string, string>;
  ends: Release["state"][];
};

const standardActs: Act[] = [
  {
    title: "The first version",
    why: "Nothing is served yet, so there is no way back; everything else is as always.",
    strategy: "standard",
    variables: {},
    ends: ["released"],
  },
  {
    title: "A second version, which is good",
    why: "Users keep asking while traffic moves; none of them should notice.",
    strategy: "standard",
    variables: { LOG_LEVEL: "warn" },
    ends: ["released"],
  },
  {
    title: "A third version, which is bad",
    why: `It passes every check, and ${goodForSeconds} s after its start half of its answers are errors (ATOMS_FAULT).`,
    strategy: "standard",
    variables: { ATOMS_FAULT: "error_rate:0.5,tool_error_rate:0.5", ATOMS_FAULT_DELAY: `${goodForSeconds}s` },
    // On a slow machine it goes bad while it is still validated: then traffic never moves to it.
    ends: ["rolled back", "failed"],
  },
];

const canaryActs: Act[] = [
  {
    title: "A canary, which is good",
    why: "A quarter of the traffic first; all of it on proof of health, or when the step's time is up without harm.",
    strategy: "canary",
    variables: { LOG_LEVEL: "error" },
    ends: ["released"],
  },
  {
    title: "A canary, which is bad",
    why: `${goodForSeconds} s after its start one tool call in five fails, inside an HTTP 200, where other tools are blind.`,
    strategy: "canary",
    variables: { ATOMS_FAULT: "tool_error_rate:0.2", ATOMS_FAULT_DELAY: `${goodForSeconds}s` },
    ends: ["rolled back", "failed"],
  },
];

/**
 * Shows the whole of Atoms on this machine: three releases of a real service on the local cloud, the third of them bad.
 * Stops everything it started, however it ends.
 * @param options.keep Leaves the folder for a look.
 * @param options.canary Adds two canaries, a good one and a bad one.
 * @throws ATM-925 when a release ends other than it should.
 */
export async function runDemo(
  invocation: Invocation,
  options: { keep: boolean; canary: boolean },
): Promise<DemoRun> {
  const { keep } = options;
  const acts = options.canary ? [...standardActs, ...canaryActs] : standardActs;
  const { terminal, env } = invocation;
  const began = systemClock.monotonic();
  const folder = await mkdtemp(join(tmpdir(), "atoms-demo-"));
  const places = placesOf(folder);
  const http = undiciHttp({ clock: systemClock });
  const interrupts = watchInterrupts();
  const toStop: (() => Promise<unknown>)[] = [];
  let visitors: Visitors | undefined;
  let failed = true;
  // The demo has its own store and its own local cloud, whatever this shell is set up for.
  const own = { ...env, DATABASE_URL: undefined, ATOMS_URL: undefined };
  try {
    terminal.say(
      terminal.paint.bold(
        "Atoms demo: a real service, really deployed, really rolled back. No account, no network.",
      ),
    );
    terminal.note("Starting the service's database, the store, the local cloud and the control plane…");
    makePlaces(places);
    await cp(bundle, join(folder, "service"), { recursive: true });
    // Side by side: each of them takes a second or two to start, most of it in its own process.
    toStop.push(
      () => stopCloud(places),
      () => stopControlPlane(places),
    );
    const [database, cloud] = await allStarted([
      startServiceDatabase(join(bundle, "server.js"), join(folder, "service-data")).then((started) => {
        toStop.unshift(() => started.stop());
        return started;
      }),
      ensureCloud(places),
      ensureControlPlane(places, own, { playbook: join(folder, "playbook.yaml") }),
    ]);
    const probeToken = randomBytes(16).toString("hex");
    await writeFile(join(folder, "playbook.yaml"), demoPlaybook({ databaseUrl: database.url, probeToken }));
    const session = await openSession({
      cwd: folder,
      playbook: undefined,
      env: own,
      actor: invocation.actor,
      acts: false,
    });
    const production = `http://atoms-mcp.localhost:${new URL(cloud.edge).port}`;
    terminal.note(
      `Ready after ${((systemClock.monotonic() - began) / 1_000).toFixed(1)} s: production will be ${production}\n`,
    );

    const releases: Release[] = [];
    for (const [i, act] of acts.entries()) {
      const title = `${i + 1} of ${acts.length}: ${act.title}`;
      terminal.say(`\n${terminal.paint.bold(title)}\n${terminal.paint.dim(act.why)}`);
      const release = await oneAct(session.ask, session.playbook, act, invocation, interrupts);
      releases.push(release);
      if (!act.ends.includes(release.state)) {
        throw demoFailed({
          what: `${title} ended as ${release.state}: ${release.because ?? ""}`,
          folder,
        });
      }
      visitors ??= sendVisitors(
        { http, clock: systemClock },
        {
          url: `${production}/api/mcp/tools`,
          headers: { authorization: `Bearer ${await tokenFor(folder)}`, "x-atoms-probe": probeToken },
        },
        10,
      );
    }
    await visitors?.stop();
    const last = await session.ask(status, { playbook: session.playbook });
    const ledger = await session.ask(verifyLedger, {});
    failed = false;
    return {
      releases,
      visits: visitors?.visits ?? { asked: 0, failed: 0 },
      production: {
        address: production,
        serves: "unknown" in last.production ? undefined : last.production.deployment?.id,
      },
      ledger,
      seconds: (systemClock.monotonic() - began) / 1_000,
      ...(keep ? { folder } : {}),
    };
  } finally {
    interrupts.done();
    await visitors?.stop();
    for (const stop of toStop.reverse()) await stop().catch((error: unknown) => terminal.note(String(error)));
    await http.close();
    if (!keep && !failed) await rm(folder, { recursive: true, force: true });
  }
}

async function oneAct(
  ask: Ask,
  playbook: string,
  act: Act,
  invocation: Invocation,
  interrupts: ReturnType<typeof watchInterrupts>,
): Promise<Release> {
  const { terminal } = invocation;
  const { strategy, variables } = act;
  const started = await ask(deploy, { playbook, variables, strategy, now: true, skip: [], overrides: {} });
  let release = await showRelease(ask, started, terminal, () => (interrupts.pending() ? "detach" : "go on"));
  if (release.state === "running") {
    // Ctrl-C ends the demo: its release is brought to a safe end first.
    await ask(abort, { playbook, release: release.id, because: "Ctrl-C" });
    release = await showRelease(ask, release, terminal);
  }
  terminal.say(releaseEndText(release, terminal.paint));
  return release;
}

async function tokenFor(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(folder, "service", "server.js"),
      "token",
      "--user",
      "visitor",
      "--ttl",
      "3600",
      "--audience",
      resource,
    ],
    { timeout: 10_000 },
  );
  return stdout.trim();
}

/** Waits for all, also when one fails, so that what did start can be stopped. */
async function allStarted<T extends readonly unknown[]>(
  starting: { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  await Promise.allSettled(starting);
  return Promise.all(starting) as Promise<T>;
}
