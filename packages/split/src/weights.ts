/**
 * How production traffic is split, as one item of a Global Config (formerly Edge Config) says it. Written by Atoms, read by
 * the helper in the service.
 */
export type Weights = {
  /** The form of this item. */
  atomsSplit: 1;
  /** The release that shifts traffic. */
  release: string;
  /** Grows with every change within the release, so that an old reading is known for one. */
  epoch: number;
  state: "active" | "complete" | "aborted";
  /** Id of the deployment that production serves, and that forwards. The weights mean nothing to any other. */
  stable: string;
  /** The deployment that gains traffic, and the base address that it is reached at, without a trailing slash. */
  candidate: { id: string; address: string };
  /** Shares of the stages, ascending, 0 to 1; the last is 1. */
  shares: number[];
  /** Index of the active stage. */
  stage: number;
  /** When the shift began, in milliseconds since the epoch. */
  startedAt: number;
  /** When the weights end by themselves unless they are renewed, in milliseconds since the epoch. */
  until: number;
};

/**
 * Reads an item's value.
 * @returns undefined when it is not in the form of weights: whatever it is, it splits nothing.
 */
export function readWeights(value: unknown): Weights | undefined {
  if (!isRecord(value) || value["atomsSplit"] !== 1) return undefined;
  const { release, epoch, state, stable, candidate, shares, stage, startedAt, until } = value;
  if (!isText(release) || !isText(stable) || !isRecord(candidate)) return undefined;
  const { id, address } = candidate;
  if (!isText(id) || !isText(address) || !isAddress(address)) return undefined;
  if (state !== "active" && state !== "complete" && state !== "aborted") return undefined;
  if (!isCount(epoch) || !isCount(stage) || !isCount(startedAt) || !isCount(until)) return undefined;
  if (!Array.isArray(shares) || !shares.every(isShare) || stage >= shares.length) return undefined;
  return {
    atomsSplit: 1,
    release,
    epoch,
    state,
    stable,
    candidate: { id, address },
    shares: [...shares],
    stage,
    startedAt,
    until,
  };
}

/** The candidate's share of the clients now, 0 to 1; 0 unless the weights are active and renewed. */
export function shareAt(weights: Weights, now: number): number {
  if (weights.state !== "active" || now >= weights.until) return 0;
  return weights.shares[weights.stage] ?? 0;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isShare = (value: unknown): value is number => typeof value === "number" && value >= 0 && value <= 1;

function isAddress(text: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
