import {
  type AnalysisSettings,
  type ArmCounts,
  type Bucket,
  createWatch,
  type ErrorsGuardrail,
  type Guardrail,
  type SlowGuardrail,
  type WatchReport,
} from "../statistics/index.js";

/** What was measured of production during one look of the watch. */
export type Measured = { seconds: number; counts: ArmCounts };

/** The limits of a release that need no stable version beside it, for after the switch there is none. */
export function watchedLimits({
  guardrails,
  profile,
}: Pick<AnalysisSettings, "guardrails" | "profile">): (ErrorsGuardrail | SlowGuardrail)[] {
  return guardrails
    .filter((one: Guardrail) => one.kind === "errors" || one.kind === "slow")
    .map((one) => ({ ...one, profile: one.profile ?? profile ?? "robust" }));
}

/**
 * Opens the change detector of a watch: it sees a version that becomes worse than its limits whenever that begins, and
 * is wrong about a healthy one no more than once a year of watching, on average.
 * @returns Undefined where no limit stands by itself.
 */
export function openDetector(
  analysis: Pick<AnalysisSettings, "guardrails" | "profile">,
): ((measured: Measured) => WatchReport) | undefined {
  const guardrails = watchedLimits(analysis);
  if (guardrails.length === 0) return undefined;
  const watch = createWatch({ guardrails });
  return (measured) => watch.observe(measured);
}

/** The new deployment's side of some buckets, as one. Slow requests are told only where every bucket knows of them. */
export function canarySide(buckets: readonly Bucket[]): Measured | undefined {
  const [first, ...rest] = buckets.filter(({ canary }) => canary.requests > 0).map(({ canary }) => canary);
  if (first === undefined) return undefined;
  const seconds = buckets.reduce((sum, bucket) => sum + bucket.seconds, 0);
  return { seconds, counts: rest.reduce(together, first) };
}

function together(a: ArmCounts, b: ArmCounts): ArmCounts {
  const slow =
    a.slow === undefined || b.slow === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(a.slow).flatMap(([limit, count]) => {
            const other = b.slow?.[limit];
            return other === undefined ? [] : [[limit, count + other] as const];
          }),
        );
  const tools =
    a.tools === undefined && b.tools === undefined
      ? undefined
      : {
          calls: (a.tools?.calls ?? 0) + (b.tools?.calls ?? 0),
          errors: (a.tools?.errors ?? 0) + (b.tools?.errors ?? 0),
        };
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    ...(slow === undefined ? {} : { slow }),
    ...(tools === undefined ? {} : { tools }),
  };
}
