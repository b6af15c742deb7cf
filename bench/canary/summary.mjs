// What is printed about many runs.

/** Log Γ(x+1) by Stirling's series, shifted to where it is exact. */
function logFactorial(x) {
  let shift = 0;
  let at = x;
  while (at < 10) shift += Math.log(++at);
  const s = 1 / (at * at);
  return (
    at * Math.log(at) -
    at +
    0.5 * Math.log(2 * Math.PI * at) +
    (1 / 12 - s * (1 / 360 - s / 1260)) / at -
    shift
  );
}

/** Chance of at most `k` hits in `n` trials. */
function atMost(k, n, p) {
  let sum = 0;
  for (let i = 0; i <= k; i++)
    sum += Math.exp(
      logFactorial(n) - logFactorial(i) - logFactorial(n - i) + i * Math.log(p) + (n - i) * Math.log1p(-p),
    );
  return Math.min(1, sum);
}

const solve = (holds) => {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

/** 95 % interval for a share, by Clopper and Pearson. */
export function clopperPearson(hits, runs) {
  return {
    low: hits === 0 ? 0 : solve((p) => 1 - atMost(hits - 1, runs, p) < 0.025),
    high: hits === runs ? 1 : solve((p) => atMost(hits, runs, p) > 0.025),
  };
}

/** Mean, its standard error, median and 95th percentile. */
export function describe(values) {
  if (values.length === 0)
    return { mean: Number.NaN, error: Number.NaN, median: Number.NaN, p95: Number.NaN };
  const sorted = [...values].sort((a, b) => a - b);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
  return { mean, error: Math.sqrt(variance / values.length), median: at(0.5), p95: at(0.95) };
}

/** Rows under headings; the first column to the left, the others to the right. */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => String(row[i] ?? "").length)));
  const line = (row) =>
    row
      .map((cell, i) => (i === 0 ? String(cell).padEnd(widths[0]) : String(cell ?? "").padStart(widths[i])))
      .join("  ");
  return [line(head), widths.map((w) => "-".repeat(w)).join("  "), ...rows.map(line)].join("\n");
}
