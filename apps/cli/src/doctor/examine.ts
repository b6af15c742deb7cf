import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import {
  placesOf,
  playbookNear,
  readSettings,
  runningCloud,
  runningControlPlane,
  verifyLedger,
} from "@atoms/control-plane";
import { type Finding, isProblem, type Validation, verdictOf } from "@atoms/playbook";
import type { Invocation } from "../command.js";
import { withSession } from "../session.js";

type Seen = Pick<Finding, "outcome" | "saw" | "fix">;
const run = promisify(execFile);
const leastFreeBytes = 1_000_000_000;

/**
 * Looks at everything that Atoms stands on. Each examination is a finding; one that breaks is an error, not an end.
 * @param onFinding Told of each finding when it is there.
 */
export async function examine(
  invocation: Invocation,
  onFinding: (finding: Finding) => void,
): Promise<Validation> {
  const { cwd, env } = invocation;
  const playbook = invocation.playbook ?? playbookNear(cwd);
  const findings: Finding[] = [];
  const look = async (check: string, title: string, work: () => Promise<Seen>) => {
    const began = performance.now();
    const seen = await work().catch(
      (error: unknown): Seen =>
        isProblem(error)
          ? { outcome: "fail", saw: `${error.code} ${error.happened}`, fix: error.fix }
          : { outcome: "error", saw: error instanceof Error ? error.message : String(error) },
    );
    const finding = { check, title, ...seen, ms: Math.round(performance.now() - began) };
    findings.push(finding);
    onFinding(finding);
  };

  await look("node", "Node.js", async () => nodeFinding(process.versions.node));
  await look("git", "git", gitFinding);
  await look("playbook", "Playbook", async () => {
    if (playbook === undefined)
      return { outcome: "warn", saw: "none here or above", fix: "`atoms init` writes one." };
    const loaded = await readSettings(playbook, env, invocation.platform);
    const waiting = loaded.notConfigured.map((one) => one.message);
    if (waiting.length > 0)
      return { outcome: "warn", saw: waiting.join("; "), fix: "Set the variables, or take the parts out." };
    return { outcome: "pass", saw: `${playbook} is right` };
  });
  const places = placesOf(playbook === undefined ? cwd : dirname(playbook));
  await look("disk", "Room on the disk", async () => {
    const { bavail, bsize } = await statfs(existsSync(places.home) ? places.home : places.root);
    return diskFinding(bavail * bsize);
  });
  if (playbook === undefined) return { findings, verdict: verdictOf(findings) };

  await look("cloud", "Local cloud", async () => {
    const cloud = runningCloud(places);
    return {
      outcome: "pass",
      saw: cloud === undefined ? "not running" : `running at ${cloud.api} (process ${cloud.pid})`,
    };
  });
  await look("control-plane", "Control plane", async () => {
    const plane = runningControlPlane(places);
    if (plane === undefined) return { outcome: "pass", saw: "not running; commands work by themselves" };
    const answer = await fetch(`${plane.url}/healthz`, { signal: AbortSignal.timeout(3_000) });
    return answer.ok
      ? { outcome: "pass", saw: `answers at ${plane.url} (process ${plane.pid})` }
      : { outcome: "fail", saw: `answers ${answer.status}`, fix: "`atoms down`, then `atoms up`." };
  });
  await look("ledger", "Store and ledger", async () => {
    if (!existsSync(places.store) && env["DATABASE_URL"] === undefined) {
      return { outcome: "pass", saw: "no store yet; the first release makes it" };
    }
    const check = await withSession(invocation, "read", (ask) => ask(verifyLedger, {}));
    return check.intact
      ? { outcome: "pass", saw: `${check.entries} entries, chain intact` }
      : {
          outcome: "fail",
          saw: `broken at entry ${check.brokenAt}: ${check.because}`,
          fix: "Keep the store as it is and compare it with a copy.",
        };
  });
  return { findings, verdict: verdictOf(findings) };
}

/** Judges the version of Node.js that runs this. */
export function nodeFinding(version: string): Seen {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19)
    ? { outcome: "pass", saw: version }
    : { outcome: "fail", saw: `${version} is too old`, fix: "Install Node.js 20.19 or later." };
}

/** Judges the room that is left. */
export function diskFinding(freeBytes: number): Seen {
  const free = `${(freeBytes / 1_000_000_000).toFixed(1)} GB free`;
  return freeBytes >= leastFreeBytes
    ? { outcome: "pass", saw: free }
    : { outcome: "warn", saw: free, fix: "Make room: below 1 GB the store and builds may fail." };
}

async function gitFinding(): Promise<Seen> {
  try {
    const { stdout } = await run("git", ["--version"], { timeout: 5_000 });
    return { outcome: "pass", saw: stdout.trim() };
  } catch {
    return {
      outcome: "warn",
      saw: "not found",
      fix: "Install git: without it releases are not tied to a commit and not tagged.",
    };
  }
}
