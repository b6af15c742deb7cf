export { type BucketRecorder, type BucketSpan, type MeasuredOutcome, openBuckets } from "./buckets.js";
export type { Arms, ArmTarget, MeasuringWindow, OnNote, Source } from "./model.js";
export { type ProbePlan, type ProbePorts, probeSource } from "./probe.js";
export { type MetricFinding, proveMetrics } from "./prometheus/prove.js";
export { type PrometheusPlan, prometheusSource } from "./prometheus/source.js";
export { ProbeSettings, PrometheusSettings, VercelMetricsSettings } from "./settings.js";
export { bucketMs as vercelBucketMs, type RequestCount } from "./vercel/counts.js";
export { proveCounts } from "./vercel/prove.js";
export { type RequestCounter, type VercelPlan, vercelSource } from "./vercel/source.js";
