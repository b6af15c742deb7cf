import { html, type Markup } from "./markup.js";

/** A line of a plot, in the plot's own units. `name` is its class too: canary, stable or all. */
export type Line = {
  name: "canary" | "stable" | "all";
  points: readonly (readonly [x: number, y: number])[];
  /** Holds its value until the next point, instead of going straight there. */
  steps?: boolean;
};

/** The room between a lower and an upper line; where the upper is null it reaches to the top. */
export type Band = {
  name: Line["name"];
  points: readonly (readonly [x: number, low: number, high: number | null])[];
};

export type Plot = {
  /** Unique in the page. */
  id: string;
  title: string;
  /** What is to be seen, in a sentence, for who does not see it. */
  says: string;
  x: { from: number; to: number; ticks: readonly (readonly [at: number, label: string])[] };
  y: { from: number; to: number; ticks: readonly (readonly [at: number, label: string])[] };
  lines: readonly Line[];
  bands?: readonly Band[];
  /** A limit, as a dashed line across, with its name. */
  limit?: { at: number; label: string };
};

const size = { width: 640, height: 230, left: 66, right: 20, top: 14, bottom: 34 };

/** Draws a plot as SVG. Looks come from the page's style by class, since inline styles are forbidden in it. */
export function plotSvg(plot: Plot): Markup {
  const { width, height, left, right, top, bottom } = size;
  const spanX = plot.x.to - plot.x.from || 1;
  const spanY = plot.y.to - plot.y.from || 1;
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
  const px = (x: number) =>
    round(clamp(left + ((x - plot.x.from) / spanX) * (width - left - right), left, width - right));
  const py = (y: number) =>
    round(
      clamp(height - bottom - ((y - plot.y.from) / spanY) * (height - top - bottom), top, height - bottom),
    );
  const limit = plot.limit;
  return html`<div class="scroll"><svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${plot.id}-t ${plot.id}-d">
<title id="${plot.id}-t">${plot.title}</title><desc id="${plot.id}-d">${plot.says}</desc>
${plot.y.ticks.map(([at, label]) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${py(at)}" y2="${py(at)}"/><text class="tick" text-anchor="end" x="${left - 7}" y="${py(at) + 4}">${label}</text>`)}
${plot.x.ticks.map(([at, label]) => html`<line class="grid" x1="${px(at)}" x2="${px(at)}" y1="${height - bottom}" y2="${height - bottom + 5}"/><text class="tick" text-anchor="middle" x="${px(at)}" y="${height - bottom + 19}">${label}</text>`)}
${(plot.bands ?? []).map((band) => bandPath(band, px, py, plot.y.to))}
${limit === undefined ? "" : html`<line class="limit" x1="${left}" x2="${width - right}" y1="${py(limit.at)}" y2="${py(limit.at)}"/>`}
${plot.lines.map((line) => linePath(line, px, py))}
${limit === undefined ? "" : html`<text class="limit-name" x="${left + 8}" y="${Math.max(top + 10, py(limit.at) - 5)}">${limit.label}</text>`}
<line class="axis" x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}"/>
</svg></div>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
type Scale = (value: number) => number;

function linePath({ name, points, steps }: Line, px: Scale, py: Scale): Markup {
  const [first, ...rest] = points;
  if (first === undefined) return html``;
  const start = `M${px(first[0])} ${py(first[1])}`;
  const go = rest.map(([x, y]) => (steps === true ? `H${px(x)}V${py(y)}` : `L${px(x)} ${py(y)}`)).join("");
  // A single point would be no line at all.
  return html`<path class="line ${name}" d="${start}${go === "" ? "h0.1" : go}"/>`;
}

function bandPath({ name, points }: Band, px: Scale, py: Scale, top: number): Markup {
  if (points.length < 2) return html``;
  const high = points.map(([x, , up]) => `${px(x)} ${py(up ?? top)}`);
  const low = points.map(([x, down]) => `${px(x)} ${py(down)}`).reverse();
  return html`<path class="band ${name}" d="M${[...high, ...low].join("L")}Z"/>`;
}

/** Round numbers that divide a range, at most `most` of them. */
export function niceTicks(from: number, to: number, most = 5): number[] {
  const span = to - from;
  if (!(span > 0) || !Number.isFinite(span)) return [from];
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5, 10].find((n) => n * power >= raw * (1 - 1e-9)) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const count = Math.floor(to / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, Math.min(count, most * 3)) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map(
  (s) => s * 1_000,
);

/** Moments of a span of milliseconds that people would name, with their names: "30 s", "5 m". */
export function timeTicks(span: number, most = 6): (readonly [number, string])[] {
  const step =
    timeSteps.find((one) => span / one <= most) ??
    Math.max(1, Math.ceil(span / most / 86_400_000)) * 86_400_000;
  return Array.from(
    { length: Math.floor(span / step) + 1 },
    (_, i) => [i * step, elapsed(i * step)] as const,
  );
}

function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120 && seconds % 60 !== 0) return `${seconds} s`;
  if (seconds === 0) return "0";
  if (seconds < 7_200) return `${Number((seconds / 60).toFixed(1))} m`;
  if (seconds < 172_800) return `${Number((seconds / 3_600).toFixed(1))} h`;
  return `${Number((seconds / 86_400).toFixed(1))} d`;
}
