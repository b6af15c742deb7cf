import { type GuardrailReport, sayEvidence } from "../statistics/index.js";
import { html, type Markup } from "./markup.js";
import type { ArmLatencies, BandPoint, MeasureSeries, ReportCanary } from "./model.js";
import { niceTicks, plotSvg, timeTicks } from "./plot.js";
import { estimate, latency, share, timeOfDay, whole } from "./words.js";

/** Rows that a table behind a plot has at most; the plot itself has all its points. */
const mostRows = 60;

/** What a canary measured: verdict, guardrails, rates and evidence over time, latencies. */
export function canarySections(canary: ReportCanary, startedAt: number): Markup {
  const { report, verdict, level } = canary;
  const tone = { pass: "good", fail: "bad", inconclusive: "warn" }[verdict.kind];
  const because = "because" in verdict ? verdict.because : "every guardrail has proof of health";
  return html`<h2>Canary against stable</h2>
<p><strong class="${tone}">${verdict.kind}</strong>: ${because}.</p>
<p class="quiet">${whole(report.requests.canary)} requests of the canary and ${whole(report.requests.stable)} of stable were judged in ${whole(canary.looks)} looks. Brackets are ${share(1 - level)} intervals that hold at every look.</p>
${guardrails(canary)}
${report.notes.map((note) => html`<p class="warn">Note: ${note}</p>`)}
${evidence(canary, startedAt)}
${canary.measures.map((series, i) => measure(series, i, startedAt))}
${canary.latencies === undefined ? "" : latencies(canary.latencies)}`;
}

function guardrails({ guardrails: all }: ReportCanary): Markup {
  const rows = all.flatMap((guardrail) =>
    guardrail.measures.map((one, i) => {
      const cell = (arm: typeof one.canary) =>
        arm === null
          ? "not counted"
          : `${estimate(one.unit, arm.value, arm.low, arm.high)} of ${whole(arm.sample)}`;
      return html`<tr><td>${i === 0 ? html`<strong>${guardrail.id}</strong><br><span class="quiet">${guardrail.says}</span>` : ""}</td><td>${one.what}</td><td>${cell(one.canary)}</td><td>${cell(one.stable)}</td><td class="number">${i === 0 ? sayEvidence(guardrail.evidence.maxLogE) : ""}</td><td>${i === 0 ? health(guardrail) : ""}</td></tr>
`;
    }),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Guardrails"><table class="roomy"><thead><tr><th>Guardrail</th><th>Measured</th><th>Canary</th><th>Stable</th><th class="number">Harm by chance</th><th>Health</th></tr></thead><tbody>
${rows}</tbody></table></div>`;
}

function health({ pass }: GuardrailReport): string {
  if (pass === null) return "not asked for";
  return pass.done ? "proved" : "not proved";
}

function key(...names: ("canary" | "stable")[]): Markup {
  return html`<p class="key">${names.map((name) => html`<span><svg viewBox="0 0 36 10" aria-hidden="true"><path class="line ${name}" d="M1 5H35"/></svg>${name}</span>`)}</p>`;
}

function evidence({ evidence: all, evidenceOf, report }: ReportCanary, startedAt: number): Markup {
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const { threshold, failedAt } = report;
  const highest = Math.max(...all.map(({ value }) => value));
  const low = Math.min(0, ...all.map(({ value }) => value));
  // A disaster's evidence is astronomical; the interesting part is the way to the threshold.
  const top = Math.min(Math.max(threshold * 1.2, highest * 1.05), threshold * 3);
  const says =
    failedAt === null
      ? `The evidence of harm never reached what takes a release back; at its highest it was ${sayEvidence(highest)}.`
      : `Harm was proved at ${timeOfDay(failedAt)}.`;
  const x = timeAxis(all, startedAt);
  const rows = thin(all).map(
    ({
      at,
      value,
    }) => html`<tr><td class="time">${timeOfDay(at)}</td><td class="number">${value.toFixed(2)}</td>${evidenceOf.map(({ points }) => html`<td class="number">${points.find((one) => one.at === at)?.value.toFixed(2)}</td>`)}</tr>
`,
  );
  return html`<h3>Evidence of harm over time</h3>
<p class="quiet">${says} It is the natural logarithm of how many times its stake a bet on harm has won; of healthy releases at most 1 in e<sup>y</sup> ever get to a height y.</p>
${plotSvg({
  id: "evidence",
  title: "Evidence of harm over time",
  says,
  x,
  y: { from: low, to: top, ticks: niceTicks(low, top).map((y) => [y, String(y)] as const) },
  lines: [{ name: "all", points: all.map(({ at, value }) => [at - startedAt, value] as const) }],
  limit: { at: threshold, label: `takes it back: ${sayEvidence(threshold)}` },
})}
<details><summary>As a table, each guardrail by itself</summary><div class="scroll"><table><thead><tr><th>Time (UTC)</th><th class="number">all</th>${evidenceOf.map(({ guardrail }) => html`<th class="number">${guardrail}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div></details>`;
}

function timeAxis(points: readonly { at: number }[], startedAt: number) {
  const from = (points[0]?.at ?? startedAt) - startedAt;
  const to = Math.max((points.at(-1)?.at ?? startedAt) - startedAt, from + 1_000);
  const ticks = timeTicks(to).filter(([at]) => at >= from);
  return { from, to, ticks };
}

/** At most so many, the last among them. */
function thin<T>(all: readonly T[]): T[] {
  const every = Math.ceil(all.length / mostRows);
  return all.filter((_, i) => (all.length - 1 - i) % Math.max(1, every) === 0);
}

function measure(series: MeasureSeries, i: number, startedAt: number): Markup {
  const points = [...series.canary, ...series.stable].sort((a, b) => a.at - b.at);
  const [lastCanary, lastStable] = [series.canary.at(-1), series.stable.at(-1)];
  if (lastCanary === undefined) return html``;
  const { limit } = series;
  const show = series.unit === "share" ? share : latency;
  // Wide intervals of the first looks would press everything else flat.
  const values = points.map(({ value }) => value);
  const settled = [lastCanary, ...(lastStable === undefined ? [] : [lastStable])];
  const top =
    1.15 *
    Math.max(
      ...values,
      ...settled.map(({ high, value }) => high ?? value),
      limit ?? 0,
      series.unit === "share" ? 0.002 : 1,
    );
  const to = series.unit === "share" ? Math.min(1, top) : top;
  const line = (name: "canary" | "stable") => ({
    name,
    points: series[name].map(({ at, value }) => [at - startedAt, value] as const),
  });
  const band = (name: "canary" | "stable") => ({
    name,
    points: series[name].map(({ at, low, high }) => [at - startedAt, low, high] as const),
  });
  const end = (one: BandPoint | undefined) =>
    one === undefined ? "not counted" : estimate(series.unit, one.value, one.low, one.high);
  const says = `${series.what}: ${end(lastCanary)} on the canary${lastStable === undefined ? "" : `, ${end(lastStable)} on stable`}.`;
  const stableAt = new Map(series.stable.map((one) => [one.at, one]));
  return html`<h3>${series.what} over time</h3>
<p class="quiet">Watched by ${series.guardrails.join(", ")}. Shaded: what it may plausibly be.</p>
${key("canary", ...(series.stable.length > 0 ? (["stable"] as const) : []))}
${plotSvg({
  id: `measure-${i}`,
  title: `${series.what} over time, canary against stable`,
  says,
  x: timeAxis(points, startedAt),
  y: { from: 0, to, ticks: niceTicks(0, to).map((y) => [y, show(y)] as const) },
  bands: [band("stable"), band("canary")],
  lines: [line("stable"), line("canary")],
  ...(limit === undefined ? {} : { limit: { at: limit, label: `limit ${share(limit)}` } }),
})}
<details><summary>As a table</summary><div class="scroll"><table><thead><tr><th>Time (UTC)</th><th>Canary so far</th><th>Stable so far</th></tr></thead><tbody>
${thin(series.canary).map(
  (
    one,
  ) => html`<tr><td class="time">${timeOfDay(one.at)}</td><td>${end(one)}</td><td>${end(stableAt.get(one.at))}</td></tr>
`,
)}</tbody></table></div></details>`;
}

function latencies({ canary, stable }: { canary: ArmLatencies; stable: ArmLatencies }): Markup {
  const grouped = { canary: shares(canary), stable: shares(stable) };
  const edges = [...grouped.canary, ...grouped.stable].map(([x]) => x);
  const [from, to] = [Math.max(0, Math.min(...edges) - 0.2), Math.max(...edges) + 0.3];
  const top = Math.max(...[...grouped.canary, ...grouped.stable].map(([, y]) => y)) * 1.1;
  const ticks = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000]
    .filter((ms) => Math.log10(ms) >= from && Math.log10(ms) <= to)
    .map((ms) => [Math.log10(ms), ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`] as const);
  const median = (arm: ArmLatencies) => latency(arm.quantiles.find(({ q }) => q === 0.5)?.value ?? 0);
  const says = `Half of the canary's answers came within ${median(canary)}, half of stable's within ${median(stable)}.`;
  return html`<h3>How long answers took</h3>
<p class="quiet">${says} Successful requests from the first look to the last, warm-up included; the scale is logarithmic.</p>
${key("canary", "stable")}
${plotSvg({
  id: "latencies",
  title: "Distribution of latencies, canary against stable",
  says,
  x: { from, to, ticks },
  y: { from: 0, to: top, ticks: niceTicks(0, top, 4).map((y) => [y, share(y)] as const) },
  bands: [area("stable", grouped.stable), area("canary", grouped.canary)],
  lines: [
    { name: "stable", points: grouped.stable, steps: true },
    { name: "canary", points: grouped.canary, steps: true },
  ],
})}
<div class="scroll"><table><caption>Quantiles</caption><thead><tr><th>Of all answers</th><th>Canary (${whole(canary.requests)})</th><th>Stable (${whole(stable.requests)})</th></tr></thead><tbody>
${canary.quantiles.map(
  (
    one,
  ) => html`<tr><td>${share(one.q)} within</td><td>${estimate("ms", one.value, one.low, one.high)}</td><td>${quantileCell(stable, one.q)}</td></tr>
`,
)}</tbody></table></div>`;
}

function quantileCell(arm: ArmLatencies, q: number): string {
  const found = arm.quantiles.find((one) => one.q === q);
  return found === undefined ? "not counted" : estimate("ms", found.value, found.low, found.high);
}

/** Width of a column of the histogram: a twelfth of a power of ten, or about a fifth more. */
const column = 1 / 12;

/** The share of an arm's answers per column, with an empty one at each end. */
function shares(arm: ArmLatencies): (readonly [number, number])[] {
  const columns = new Map<number, number>();
  for (const [from, count] of arm.bins) {
    const at = Math.floor(Math.log10(Math.max(1, from)) / column + 1e-9);
    columns.set(at, (columns.get(at) ?? 0) + count / Math.max(1, arm.requests));
  }
  const [first, last] = [Math.min(...columns.keys()), Math.max(...columns.keys())];
  return Array.from({ length: last - first + 3 }, (_, i) => {
    const at = first - 1 + i;
    return [at * column, columns.get(at) ?? 0] as const;
  });
}

const area = (name: "canary" | "stable", points: readonly (readonly [number, number])[]) => ({
  name,
  points: points.flatMap(([x, y], i) => {
    const next = points[i + 1];
    return next === undefined ? [[x, 0, y] as const] : [[x, 0, y] as const, [next[0], 0, y] as const];
  }),
});
