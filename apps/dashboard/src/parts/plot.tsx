import { useEffect, useRef } from "preact/hooks";
import type UPlot from "uplot";
import { columnsOf, type Line } from "./plot-columns.js";

/** Colours by meaning; they are read from the style sheet, so that they follow the theme. */
const colours = {
  canary: "--canary",
  stable: "--stable",
  limit: "--bad",
  calm: "--accent",
} as const;

/** A line of a plot. */
export type PlotLine = Line & { label: string; colour: keyof typeof colours };

type Props = {
  /** What is drawn, in words; also the name of the figure. */
  title: string;
  lines: readonly PlotLine[];
  /** From when to when, in milliseconds since the epoch; what the lines know when left out. */
  span?: readonly [from: number, until: number];
  /** A line straight across. */
  limit?: { label: string; value: number };
  /** How a value is written. */
  say(value: number): string;
  /** Height in pixels. */
  height?: number;
};

/** Lines over time with the bands that cover them, and the same as a table for whoever does not see them. */
export function Plot({ title, lines, span, limit, say, height = 170 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ plot: UPlot; shape: string } | undefined>(undefined);
  const shape = JSON.stringify([title, lines.map(({ label, colour }) => [label, colour]), limit, height]);
  const data = columnsOf(lines, limit?.value);
  const latest = useRef(data);
  latest.current = data;
  const now = useRef({ say, span });
  now.current = { say, span };

  // `shape` is all that a plot is made of, apart from its numbers.
  useEffect(() => {
    let gone = false;
    let watcher: ResizeObserver | undefined;
    const draw = async () => {
      const { default: Plotter } = await import("uplot");
      const box = place.current;
      if (gone || box === null) return;
      drawn.current?.plot.destroy();
      const options = optionsOf(box, lines, limit, height, now);
      drawn.current = { plot: new Plotter(options, latest.current as UPlot.AlignedData, box), shape };
    };
    void draw();
    const redraw = () => void draw();
    if (place.current !== null) {
      watcher = new ResizeObserver(([entry]) => {
        const width = Math.floor(entry?.contentRect.width ?? 0);
        if (width > 0 && drawn.current?.plot.width !== width) drawn.current?.plot.setSize({ width, height });
      });
      watcher.observe(place.current);
    }
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw);
    addEventListener("atoms-theme", redraw);
    return () => {
      gone = true;
      watcher?.disconnect();
      dark.removeEventListener("change", redraw);
      removeEventListener("atoms-theme", redraw);
      drawn.current?.plot.destroy();
      drawn.current = undefined;
    };
  }, [shape]);
  useEffect(() => {
    if (drawn.current?.shape === shape) drawn.current.plot.setData(data as UPlot.AlignedData);
  });

  return (
    <figure class="plot">
      <figcaption>
        {title}
        <span class="keys" aria-hidden="true">
          {lines.map(({ label, colour }) => (
            <span key={label} data-colour={colour}>
              {label}
            </span>
          ))}
          {limit !== undefined && <span data-colour="limit">{limit.label}</span>}
        </span>
      </figcaption>
      <div ref={place} class="canvas" aria-hidden="true" />
      <details>
        <summary>As a table</summary>
        <PlotTable title={title} lines={lines} say={say} />
      </details>
    </figure>
  );
}

/** Rows of the table: the newest, so that it stays readable. */
const mostRows = 60;

function PlotTable({ title, lines, say }: Pick<Props, "title" | "lines" | "say">) {
  const rows = [...new Set(lines.flatMap(({ points }) => points.map(({ at }) => at)))]
    .sort((a, b) => b - a)
    .slice(0, mostRows);
  const cell = ({ points }: Line, at: number) => {
    const point = points.find((one) => one.at === at);
    if (point === undefined) return "";
    const { low, high } = point;
    if (low === undefined) return say(point.value);
    return `${say(point.value)} (${say(low)} to ${high == null ? "no bound" : say(high)})`;
  };
  return (
    <div class="scroll">
      <table>
        <caption class="hidden">{title}, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {lines.map(({ label }) => (
              <th scope="col" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((at) => (
            <tr key={at}>
              <td>{new Date(at).toLocaleTimeString()}</td>
              {lines.map((line) => (
                <td key={line.label}>{cell(line, at)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function optionsOf(
  box: HTMLElement,
  lines: readonly PlotLine[],
  limit: Props["limit"],
  height: number,
  now: { current: { say: Props["say"]; span: Props["span"] | undefined } },
): UPlot.Options {
  const style = getComputedStyle(box);
  const paint = (name: string) => style.getPropertyValue(name).trim();
  const series: UPlot.Series[] = [{}];
  const bands: UPlot.Band[] = [];
  for (const { label, colour } of lines) {
    const stroke = paint(colours[colour]);
    // Two points make no line that is seen.
    const points = { show: (plot: UPlot) => plot.data[0].length < 3 };
    const edge = { show: true, width: 0, points: { show: false }, spanGaps: true };
    bands.push({ series: [series.length + 2, series.length + 1], fill: `${stroke}26` });
    series.push({ label, stroke, width: 2, spanGaps: true, points }, edge, edge);
  }
  if (limit !== undefined)
    series.push({
      label: limit.label,
      stroke: paint(colours.limit),
      width: 1.5,
      dash: [6, 4],
      points: { show: false },
    });
  const axis = {
    stroke: paint("--muted"),
    grid: { stroke: paint("--line"), width: 1 },
    ticks: { stroke: paint("--line"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: Math.max(120, Math.floor(box.clientWidth)),
    height,
    series,
    bands,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: {
        range: (_, low, high) => {
          const { span } = now.current;
          if (span !== undefined) return [span[0] / 1_000, span[1] / 1_000];
          return low === high ? [low - 30, high + 30] : [low, high];
        },
      },
      y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] },
    },
    axes: [axis, { ...axis, size: 64, values: (_, splits) => splits.map((value) => now.current.say(value)) }],
  };
}
