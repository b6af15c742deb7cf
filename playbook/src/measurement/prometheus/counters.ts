/** One time series as it was scraped: raw samples of a counter, in order. */
export type Series = {
  labels: Readonly<Record<string, string>>;
  /** Milliseconds and value. */
  samples: readonly (readonly [at: number, value: number])[];
};

/** By how much a counter went up, told when the sample came that showed it. */
export type Gain = { at: number; gain: number; labels: Readonly<Record<string, string>> };

/** What is scraped in one go: its series come and stay away together. */
const targetOf = ({ labels }: Series) => `${labels.job ?? ""}\n${labels.instance ?? ""}`;

/** When each target was first seen, in any of its series. */
export function firstSeen(all: readonly Series[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const series of all) {
    const at = series.samples[0]?.[0];
    if (at === undefined) continue;
    const target = targetOf(series);
    first.set(target, Math.min(at, first.get(target) ?? at));
  }
  return first;
}

/**
 * Takes counters apart into what they gained. A value below the last is a restart, and counts from zero. A series that
 * appears while its target was already being scraped began at zero too: that is how the first error of a service comes
 * into the world. The first sample of a target is what it had before anybody looked, and counts for nothing. What was
 * gained in a gap is told by the sample after it.
 * @param known `firstSeen` over every series of the arm.
 */
export function gainsOf(all: readonly Series[], known: ReadonlyMap<string, number>): Gain[] {
  const gains: Gain[] = [];
  for (const series of all) {
    const { labels } = series;
    let last: number | undefined;
    for (const [at, value] of series.samples) {
      if (!Number.isFinite(value) || value < 0) continue;
      const before = last ?? ((known.get(targetOf(series)) ?? at) < at ? 0 : value);
      const gain = value < before ? value : value - before;
      last = value;
      if (gain > 0) gains.push({ at, gain, labels });
    }
  }
  return gains;
}
