import type { ArmPair } from "./mathematics/kernel.js";

// How clustered bad events are: the scatter of the canary's part of them around what the exposures would give, in units
// of what independent requests would show. 1 is independent; 3 is what a client leaves that retries twice.

/** Lengths of the blocks that are tried, in seconds; clusters longer than the longer one are not seen. */
const blockSeconds = [10, 60] as const;
/** Fewest blocks with a bad event before there is an estimate. */
const fewestBlocks = 10;

type Gauge = {
  block: number | null;
  pair: ArmPair;
  over: number;
  under: number;
  scatter: number;
  blocks: number;
};
export type DispersionState = Gauge[];

const nothing = (): ArmPair => ({ x1: 0, n1: 0, x0: 0, n0: 0 });

/** Measures the dispersion while a release runs, in constant space. */
export interface Dispersion {
  /** @param start Seconds since the analysis began. */
  add(pair: ArmPair, start: number): void;
  /** The larger of the block lengths, at least 1; null until enough blocks were seen. */
  estimate(): number | null;
  state(): DispersionState;
}

export function openDispersion(saved?: DispersionState): Dispersion {
  const gauges: Gauge[] = blockSeconds.map((_, i) => {
    const from = saved?.[i];
    return from === undefined
      ? { block: null, pair: nothing(), over: 0, under: 0, scatter: 0, blocks: 0 }
      : { ...from, pair: { ...from.pair } };
  });
  return {
    add(pair, start) {
      gauges.forEach((gauge, i) => {
        const block = Math.floor(start / (blockSeconds[i] as number));
        if (gauge.block !== block) {
          close(gauge);
          gauge.block = block;
        }
        gauge.pair = addPairs(gauge.pair, pair);
      });
    },
    estimate() {
      const known = gauges.filter((gauge) => gauge.blocks >= fewestBlocks);
      if (known.length === 0) return null;
      return Math.max(1, ...known.map((gauge) => gauge.scatter / (gauge.blocks - 1)));
    },
    state: () => gauges.map((gauge) => ({ ...gauge, pair: { ...gauge.pair } })),
  };
}

const addPairs = (a: ArmPair, b: ArmPair): ArmPair => ({
  x1: a.x1 + b.x1,
  n1: a.n1 + b.n1,
  x0: a.x0 + b.x0,
  n0: a.n0 + b.n0,
});

/** Ends a block. The ratio of the arms is Mantel's and Haenszel's: stratified, and kept in two sums. */
function close(gauge: Gauge): void {
  const { x1, n1, x0, n0 } = gauge.pair;
  gauge.pair = nothing();
  const bad = x1 + x0;
  if (bad <= 0 || n1 <= 0 || n0 <= 0) return;
  gauge.over += (x1 * n0) / (n1 + n0);
  gauge.under += (x0 * n1) / (n1 + n0);
  // Half an event on either side keeps the first blocks from dividing by nothing.
  const weight = (0.5 * n1 * n0) / (n1 + n0) ** 2;
  gauge.scatter += scatterOf({ x1, n1, x0, n0 }, (gauge.over + weight) / (gauge.under + weight));
  gauge.blocks++;
}

function scatterOf({ x1, n1, x0, n0 }: ArmPair, ratio: number): number {
  const bad = x1 + x0;
  const v = (ratio * n1) / (ratio * n1 + n0);
  return (x1 - bad * v) ** 2 / (bad * v * (1 - v));
}

/**
 * Dispersion of recorded traffic that was healthy: one stable instance as if it were the canary, against the rest. Use
 * the result, rounded up, as `dispersion` of a guardrail. It is an estimate, and the guarantee with it is empirical.
 * @param blocks Counts per block; call it with blocks of 10 s and of 60 s and take the larger.
 * @param exceedances The bad events are requests over the median, so that a block cannot have more than it has requests.
 * @returns At least 1; 1 where fewer than two blocks hold a bad event.
 */
export function calibrateDispersion(blocks: readonly ArmPair[], exceedances = false): number {
  const held = blocks.filter((b) => b.x1 + b.x0 > 0 && b.n1 > 0 && b.n0 > 0);
  if (held.length < 2) return 1;
  const ratio = fittedRatio(held);
  if (ratio === null) return 1;
  const scatter = held.reduce((sum, block) => {
    const [n, m] = [block.n1 + block.n0, block.x1 + block.x0];
    const finite = exceedances ? (n - m) / (n - 1) : 1;
    return finite > 0 ? sum + scatterOf(block, ratio) / finite : sum;
  }, 0);
  return Math.max(1, scatter / (held.length - 1));
}

/** The ratio of the arms' rates for which the canary has as many bad events as expected; null where one arm has none. */
function fittedRatio(blocks: readonly ArmPair[]): number | null {
  const wanted = blocks.reduce((sum, b) => sum + b.x1, 0);
  if (wanted === 0 || blocks.every((b) => b.x0 === 0)) return null;
  const expected = (ratio: number) =>
    blocks.reduce((sum, b) => sum + ((b.x1 + b.x0) * ratio * b.n1) / (ratio * b.n1 + b.n0), 0);
  let [low, high] = [-30, 30];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (expected(Math.exp(middle)) < wanted) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}
