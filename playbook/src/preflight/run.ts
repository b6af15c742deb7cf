import { formatDuration } from "../terms/duration.js";
import { type Finding, isProblem, type Verdict, verdictOf } from "../terms/index.js";
import type { Judgement, PreflightCheck } from "./check.js";
import { preflightChecks } from "./checks/index.js";
import type { PreflightPorts } from "./ports.js";
import type { PreflightSettings } from "./settings.js";

/**
 * What will be looked at with these settings, for a plan.
 * @param apply Names of the checks that not every playbook has something for, and this one has.
 */
export function plannedPreflight(
  settings: PreflightSettings,
  apply: readonly string[] = [],
): { check: string; title: string; timeoutMs: number }[] {
  return preflightChecks
    .filter((check) => check.wanted(settings) && (check.applies === undefined || apply.includes(check.name)))
    .map((check) => ({ check: check.name, title: check.title, timeoutMs: check.timeoutMs(settings) }));
}

/**
 * Looks at everything the settings ask for and says whether it is safe to begin. Touches nothing. All checks run even
 * when one has failed, so that every mistake is told at once: the quick looks side by side, then the commands in turn.
 * @param onFinding Told each finding as it is made; the quick ones come first.
 * @param signal Ends the whole run early; what had not been found out by then is an error.
 * @returns The findings in the order of the list of checks, and their verdict; inconclusive when every check is off.
 * @throws Nothing: what goes wrong in a check is its finding.
 */
export async function runPreflight(
  settings: PreflightSettings,
  ports: PreflightPorts,
  onFinding?: (finding: Finding) => void,
  signal?: AbortSignal,
): Promise<{ findings: Finding[]; verdict: Verdict }> {
  const wanted = preflightChecks.filter(
    (check) => check.wanted(settings) && (check.applies?.(ports) ?? true),
  );
  const found = new Map<string, Finding>();
  const make = async (check: PreflightCheck) => {
    const finding = await findingOf(check, settings, ports, signal);
    found.set(check.name, finding);
    onFinding?.(finding);
  };
  await Promise.all(wanted.filter((check) => !check.command(settings)).map(make));
  for (const check of wanted.filter((one) => one.command(settings))) await make(check);
  const findings = wanted.flatMap((check) => found.get(check.name) ?? []);
  return { findings, verdict: verdictOf(findings) };
}

async function findingOf(
  check: PreflightCheck,
  settings: PreflightSettings,
  ports: PreflightPorts,
  outer: AbortSignal | undefined,
): Promise<Finding> {
  const began = ports.clock.monotonic();
  const judgement = await judgeInTime(check, settings, ports, outer);
  const ms = Math.round(ports.clock.monotonic() - began);
  return { check: check.name, title: check.title, ...judgement, ms };
}

/** Races the look against its deadline, so that even a look that ignores its signal cannot hold up the release. */
async function judgeInTime(
  check: PreflightCheck,
  settings: PreflightSettings,
  ports: PreflightPorts,
  outer: AbortSignal | undefined,
): Promise<Judgement> {
  if (outer?.aborted === true) return stopped;
  const timeoutMs = check.timeoutMs(settings);
  const ended = new AbortController();
  const giveUp = () => ended.abort();
  outer?.addEventListener("abort", giveUp, { once: true });
  const late = ports.clock.sleep(timeoutMs, ended.signal).then(
    () => tooLate(timeoutMs),
    () => stopped,
  );
  try {
    return await Promise.race([
      check.look({ settings, ports, signal: ended.signal }).catch(asJudgement),
      late,
    ]);
  } finally {
    outer?.removeEventListener("abort", giveUp);
    ended.abort();
  }
}

const stopped: Judgement = {
  outcome: "error",
  saw: "The check was stopped before its end.",
  fix: "Start the release again.",
};

const tooLate = (timeoutMs: number): Judgement => ({
  outcome: "error",
  saw: `There was no answer within ${formatDuration(timeoutMs)}.`,
  fix: "Try again; if it stays so, look at the network and the disk, or raise preflight.timeout.",
});

function asJudgement(error: unknown): Judgement {
  if (isProblem(error))
    return { outcome: "error", saw: error.happened, fix: error.fix, evidence: { code: error.code } };
  return {
    outcome: "error",
    saw: `The check itself broke: ${error instanceof Error ? error.message : String(error)}.`,
    fix: "Run it again; if it stays so, report it with the output of `atoms doctor`.",
  };
}
