import { type Finding, isInterruption, isProblem } from "../terms/index.js";
import { checks } from "./checks/index.js";
import { baselinesOf, judge, judged, judgePath } from "./decide.js";
import { measure, warmUp } from "./measure.js";
import type { PerformanceProgress, Target, Validation } from "./model.js";
import type { OnFinding, ValidationPorts } from "./ports.js";
import type { ValidationPlan } from "./settings.js";
import { makeChecks } from "./smoke.js";
import { type Visit, visit } from "./visit.js";

const silent = () => undefined;

/** How often a path is measured in all while this machine is too busy to measure it. */
const mostTries = 3;

/**
 * Judges whether a candidate is fit for traffic: the smoke checks, all of them; then, only when they passed, its speed;
 * last the rate limit, which uses up an allowance that the measurement needs.
 * Only asks, changes nothing, and so is safe to repeat.
 * @throws The reason of `ports.signal` when it fires. What the service does is a finding, never an exception.
 */
export async function validate(
  target: Target,
  settings: ValidationPlan,
  ports: ValidationPorts,
  onFinding: OnFinding = silent,
  onProgress: (progress: PerformanceProgress) => void = silent,
): Promise<Validation> {
  const one = visit(target, settings, ports);
  const findings = await makeChecks(
    checks.filter((check) => !check.last),
    one,
    onFinding,
  );
  const smoked = judge(findings).kind;
  // With every smoke check off there is no verdict on them to wait for.
  if (smoked === "pass" || findings.length === 0)
    findings.push(...(await timePaths(one, onFinding, onProgress)));
  findings.push(
    ...(await makeChecks(
      checks.filter((check) => check.last),
      one,
      onFinding,
    )),
  );
  return judged(findings);
}

/** Makes the smoke checks alone. @throws As `validate`. */
export async function smoke(
  target: Target,
  settings: ValidationPlan,
  ports: ValidationPorts,
  onFinding: OnFinding = silent,
): Promise<Validation> {
  return judged(await makeChecks(checks, visit(target, settings, ports), onFinding));
}

/** Measures the speed alone. @throws As `validate`. */
export async function perf(
  target: Target,
  settings: ValidationPlan,
  ports: ValidationPorts,
  onFinding: OnFinding = silent,
  onProgress: (progress: PerformanceProgress) => void = silent,
): Promise<Validation> {
  return judged(await timePaths(visit(target, settings, ports), onFinding, onProgress));
}

async function timePaths(
  one: Visit,
  onFinding: OnFinding,
  onProgress: (progress: PerformanceProgress) => void,
): Promise<Finding[]> {
  const { performance } = one.settings;
  if (performance === false) return [];
  const findings: Finding[] = [];
  for (const [path, baseline] of baselinesOf(one.settings)) {
    const began = one.clock.monotonic();
    const found = await timePath().catch((error: unknown) => notMeasured(path, error, one));
    const finding: Finding = { ...found, ms: Math.round(one.clock.monotonic() - began) };
    findings.push(finding);
    await onFinding(finding);

    async function timePath() {
      if (performance === false) throw new Error("performance is switched off");
      await warmUp(one, path, performance.warm_up);
      for (let tries = 1; ; tries++) {
        one.signal.throwIfAborted();
        const judged = judgePath(await measure(one, path, performance, onProgress), baseline, performance);
        // Repeated only when nothing was learnt; to repeat a failure until it passes would be to cheat.
        if (judged.evidence?.["inconclusive"] !== true || tries === mostTries) {
          return tries === 1 ? judged : { ...judged, evidence: { ...judged.evidence, tries } };
        }
      }
    }
  }
  return findings;
}

function notMeasured(path: string, error: unknown, one: Visit): Omit<Finding, "ms"> {
  one.signal.throwIfAborted();
  if (isInterruption(error)) throw error;
  return {
    check: `performance ${path}`,
    title: `Fast enough at ${path}`,
    outcome: "error",
    saw: one.redact(
      isProblem(error)
        ? `${error.code} ${error.happened}`
        : `It could not be measured: ${error instanceof Error ? error.message : String(error)}`,
    ),
    fix: isProblem(error)
      ? error.fix
      : "This is a fault of Atoms or of its surroundings, not of the service; `atoms doctor` looks for it.",
  };
}
