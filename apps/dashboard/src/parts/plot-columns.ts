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
  const times = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
  const place = new Map(times.map((at, i) => [at, i]));
  const bounds = lines.flatMap(({ points }) => points.flatMap(({ value, high }) => [value, high ?? value]));
  const most = Math.max(limit ?? 0, ...bounds);
  const columns: Columns = [times.map((at) => at / 1_000)];
  for (const { points } of lines) {
    const [values, lows, highs] = [0, 1, 2].map(() => new Array<number | null>(times.length).fill(null));
    for (const { at, value, low, high } of points) {
      const i = place.get(at) ?? 0;
      if (values !== undefined) values[i] = value;
      if (lows !== undefined) lows[i] = low ?? value;
      if (highs !== undefined) highs[i] = low === undefined ? value : (high ?? most);
    }
    columns.push(values ?? [], lows ?? [], highs ?? []);
  }
  if (limit !== undefined) columns.push(times.map(() => limit));
  return columns;
}
