export { type BucketRecorder, type BucketSpan, type MeasuredOutcome, openBuckets } from "./buckets.js";
export type { Arms, ArmTarget, MeasuringWindow, OnNote, Source } from "./model.js";
export { type ProbePlan, type ProbePorts, probeSource } from "./probe.js";
export { ProbeSettings } from "./settings.js";
