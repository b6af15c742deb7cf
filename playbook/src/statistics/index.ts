export { type Analysis, createAnalysis } from "./analysis.js";
export type { AnalysisState } from "./analysis-state.js";
export {
  type ClientBlockSettings,
  type ClientBlocks,
  type Outcome,
  openClientBlocks,
} from "./client-blocks.js";
export { calibrateDispersion } from "./dispersion.js";
export { guardrailKinds, sayGuardrail } from "./guardrails/index.js";
export {
  type Bank,
  type BankState,
  openBank,
  type Profile,
  plain,
  pValue,
  robust,
  strict,
} from "./mathematics/bank.js";
export { binCount, binOf, lowerEdges, type QuantileEstimate, quantileEstimate } from "./mathematics/bins.js";
export {
  distributionInformation,
  expectedRequests,
  fewestRequests,
  information,
  relativeInformation,
} from "./mathematics/bound.js";
export {
  distributionGains,
  distributionWeights,
  emptyReference,
  learn,
  normalScores,
  type Reference,
} from "./mathematics/distribution-bet.js";
export { type ArmPair, downwards, relativeTilt, tilt, upwards } from "./mathematics/kernel.js";
export { logSum } from "./mathematics/logarithms.js";
export { type Interval, rateInterval } from "./mathematics/rate-interval.js";
export {
  openRestartingBank,
  type RestartingBank,
  type RestartingBankState,
} from "./mathematics/restarting-bank.js";
export * from "./model.js";
export {
  AnalysisFile,
  GuardrailSettings,
  openReplay,
  RecordedBucket,
  type Recording,
  Recording as RecordingSchema,
  RecordingHeader,
  type RecordingMistake,
  type Replay,
  type ReplayedStep,
  type RunningReplay,
  readRecording,
  recordingFormat,
  replay,
} from "./recording.js";
export { sayEvidence } from "./report.js";
export {
  createWatch,
  type Watch,
  type WatchReport,
  type WatchSettings,
  type WatchState,
  year,
} from "./watch.js";
