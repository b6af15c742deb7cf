/** A point of a line: milliseconds since the epoch, a value, and where they are known the ends of its interval. */
export type PlotPoint = { at: number; value: number; low?: number; high?: number | null };
export type Line = { points: readonly PlotPoint[] };

/** Columns as a plot wants them: seconds, then for each line its values, lower ends and upper ends. */
export type Columns = [number[], ...(number | null)[][]];

/**
 * Puts lines that know different moments into columns of the same length; what a line does not know is null. An end without a
 * bound is drawn as far up as any other.
 * @param limit A line straight across, as the last column.
 */
export function columnsOf(lines: readonly Line[], limit?: number): Columns {
  const times = timesOf(lines);
  let most = limit ?? 0;
  for (const { points } of lines)
    for (const { value, high } of points) most = Math.max(most, value, high ?? value);
  const columns: Columns = [Array.from(times, (at) => at / 1_000)];
  for (const { points } of lines) {
    const values = new Array<number | null>(times.length).fill(null);
    const lows = values.slice();
    const highs = values.slice();
    let i = 0;
    for (const { at, value, low, high } of points) {
      // Points come in their order nearly always: then the place of the next one is the next place.
      if (times[i] !== at) i++;
      if (times[i] !== at) i = placeOf(times, at);
      values[i] = value;
      lows[i] = low ?? value;
      highs[i] = low === undefined ? value : (high ?? most);
    }
    columns.push(values, lows, highs);
  }
  if (limit !== undefined) columns.push(columns[0].map(() => limit));
  return columns;
}

/** The moments that any of the lines knows, each once, the oldest first. */
function timesOf(lines: readonly Line[]): Float64Array {
  const all = new Float64Array(lines.reduce((sum, { points }) => sum + points.length, 0));
  let count = 0;
  for (const { points } of lines) for (const { at } of points) all[count++] = at;
  all.sort();
  let kept = 0;
  for (const at of all) if (kept === 0 || all[kept - 1] !== at) all[kept++] = at;
  return all.subarray(0, kept);
}

/** Where a moment is among moments that grow, and has it. */
function placeOf(times: Float64Array, at: number): number {
  let from = 0;
  let until = times.length - 1;
  while (from < until) {
    const middle = (from + until) >> 1;
    if ((times[middle] ?? at) < at) from = middle + 1;
    else until = middle;
  }
  return from;
}

/** Whether lines say the same. */
export const sameLines = (some: readonly Line[], others: readonly Line[]): boolean =>
  some.length === others.length &&
  some.every(({ points }, i) => {
    const against = others[i]?.points;
    if (points === against) return true;
    return (
      against?.length === points.length &&
      points.every(({ at, value, low, high }, n) => {
        const other = against[n];
        return other?.at === at && other.value === value && other.low === low && other.high === high;
      })
    );
  });

/** Rows for people who do not see a plot: a moment, and what each line knows of it. */
export type PlotRow = { at: number; points: readonly (PlotPoint | undefined)[] };

/** The newest rows of lines. @returns at most `most`, the newest first, and how many there are in all. */
export function newestRows(lines: readonly Line[], most: number): { rows: PlotRow[]; all: number } {
  const times = timesOf(lines);
  const shown = times.subarray(Math.max(0, times.length - most));
  const oldest = shown[0] ?? 0;
  const byTime = lines.map(
    ({ points }) => new Map(points.filter(({ at }) => at >= oldest).map((point) => [point.at, point])),
  );
  const rows = Array.from(shown, (at) => ({ at, points: byTime.map((line) => line.get(at)) })).reverse();
  return { rows, all: times.length };
}
