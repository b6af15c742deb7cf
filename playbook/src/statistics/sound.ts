import type { AnalysisState } from "./analysis-state.js";
import { binCount } from "./mathematics/bins.js";
import type { AnalysisSettings, ArmCounts, Bucket, Guardrail } from "./model.js";

const refuse = (what: string): never => {
  throw new RangeError(what);
};
const within = (value: number | undefined, low: number, high: number, name: string) => {
  if (value !== undefined && !(value > low && value < high))
    refuse(`${name} is ${value}; expected more than ${low} and less than ${high}`);
};
const atLeast = (value: number | undefined, least: number, name: string) => {
  if (value !== undefined && !(value >= least && Number.isFinite(value)))
    refuse(`${name} is ${value}; expected at least ${least}`);
};

/** Refuses settings that contradict themselves. @throws RangeError */
export function checkSettings(settings: AnalysisSettings, snapshot?: AnalysisState): void {
  if (settings.guardrails.length === 0) refuse("an analysis needs at least one guardrail");
  within(settings.false_alarms, 0, 1, "false_alarms");
  within(settings.false_passes, 0, 1, "false_passes");
  within(settings.interval_level, 0, 1, "interval_level");
  atLeast(settings.warm_up_seconds, 0, "warm_up_seconds");
  atLeast(settings.step_seconds, 0, "step_seconds");
  atLeast(settings.merge_requests, 0, "merge_requests");
  atLeast(settings.merge_seconds, 0, "merge_seconds");
  const seen = new Set<string>();
  const visit = (guardrail: Guardrail) => {
    if (seen.has(guardrail.id)) refuse(`two guardrails are called ${guardrail.id}; ids are unique`);
    seen.add(guardrail.id);
    checkGuardrail(guardrail);
    if (guardrail.kind === "both") guardrail.all.forEach(visit);
  };
  settings.guardrails.forEach(visit);
  if (snapshot !== undefined && snapshot.guardrails.length !== settings.guardrails.length)
    refuse("the snapshot was taken with other guardrails");
}

/** Refuses a guardrail that no rate could break or keep. @throws RangeError */
export function checkGuardrail(g: Guardrail): void {
  within(g.weight, 0, Number.POSITIVE_INFINITY, `${g.id}.weight`);
  if (g.kind === "both") {
    if (g.all.length < 2) refuse(`${g.id}: expected at least two guardrails in \`all\``);
    return;
  }
  atLeast(g.dispersion, 1, `${g.id}.dispersion`);
  switch (g.kind) {
    case "errors":
      within(g.limit, 0, 1, `${g.id}.limit`);
      return;
    case "slow":
      within(g.over, 0, Number.POSITIVE_INFINITY, `${g.id}.over`);
      within(g.limit, 0, 1, `${g.id}.limit`);
      return;
    case "relative_errors":
      atLeast(g.ratio, 1, `${g.id}.ratio`);
      atLeast(g.plus, 0, `${g.id}.plus`);
      if (g.pass !== undefined && g.pass !== false) {
        atLeast(g.pass.ratio, 1, `${g.id}.pass.ratio`);
        atLeast(g.pass.plus, 0, `${g.id}.pass.plus`);
      }
      return;
    case "relative_latency":
      atLeast(g.tolerance, 0, `${g.id}.tolerance`);
      if (g.pass !== undefined && g.pass !== false) within(g.pass.margin, 0, 100, `${g.id}.pass.margin`);
      return;
  }
}

/** Refuses a bucket that cannot be. @param end When the last one ended. @throws RangeError */
export function checkBucket(bucket: Bucket, end: number | null): void {
  if (!Number.isFinite(bucket.start)) refuse(`a bucket starts at ${bucket.start}; expected milliseconds`);
  within(bucket.seconds, 0, Number.POSITIVE_INFINITY, "seconds");
  if (!(bucket.split >= 0 && bucket.split <= 1)) refuse(`split is ${bucket.split}; expected 0 to 1`);
  // Half a millisecond: starts are often rounded to whole ones.
  if (end !== null && bucket.start < end - 0.5)
    refuse(
      `a bucket starts at ${bucket.start}, before the last one ended (${end}); buckets are final and in order`,
    );
  checkArm(bucket.canary, "canary");
  checkArm(bucket.stable, "stable");
}

function checkArm(arm: ArmCounts, name: string): void {
  atLeast(arm.requests, 0, `${name}.requests`);
  part(arm.errors, arm.requests, `${name}.errors`);
  for (const [limit, count] of Object.entries(arm.slow ?? {}))
    part(count, arm.requests, `${name}.slow["${limit}"]`);
  if (arm.tools !== undefined) {
    atLeast(arm.tools.calls, 0, `${name}.tools.calls`);
    part(arm.tools.errors, arm.tools.calls, `${name}.tools.errors`);
  }
  for (const [bin, count] of arm.latency ?? []) {
    if (!(Number.isInteger(bin) && bin >= 0 && bin < binCount))
      refuse(`${name}.latency has a bin ${bin}; expected 0 to ${binCount - 1}`);
    atLeast(count, 0, `${name}.latency of bin ${bin}`);
  }
}

/** Fractions come from adding shares of clients, so a hair more than all is all. */
function part(count: number, all: number, name: string): void {
  if (!(count >= 0 && count <= all * (1 + 1e-9) + 1e-9)) refuse(`${name} is ${count}; expected 0 to ${all}`);
}
