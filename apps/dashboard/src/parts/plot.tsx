import { useEffect, useRef, useState } from "preact/hooks";
import type UPlot from "uplot";
import { type Columns, columnsOf, type Line, newestRows, type PlotPoint, sameLines } from "./plot-columns.js";
import { Scroll } from "./scroll.js";
import { count } from "./words.js";

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

/** What was reckoned last, and of what. */
type Kept = { lines: readonly Line[]; across: number | undefined; columns: Columns };

/** Lines over time with the bands that cover them, and the same as a table for whoever does not see them. */
export function Plot({ title, lines, span, limit, say, height = 170 }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ plot: UPlot; shape: string } | undefined>(undefined);
  const shape = JSON.stringify([title, lines.map(({ label, colour }) => [label, colour]), limit, height]);
  const kept = useRef<Kept | undefined>(undefined);
  const across = limit?.value;
  if (kept.current === undefined || kept.current.across !== across || !sameLines(kept.current.lines, lines))
    kept.current = { lines, across, columns: columnsOf(lines, across) };
  const { columns } = kept.current;
  const latest = useRef(columns);
  latest.current = columns;
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
  const [from, until] = span ?? [];
  useEffect(() => {
    if (drawn.current?.shape === shape) drawn.current.plot.setData(columns as UPlot.AlignedData);
  }, [shape, columns, from, until]);
  const [asTable, setAsTable] = useState(false);

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
      <details onToggle={({ currentTarget }) => setAsTable(currentTarget.open)}>
        <summary>As a table</summary>
        {asTable && <PlotTable title={title} lines={lines} say={say} />}
      </details>
    </figure>
  );
}

/** Rows that the table shows at first, and how many more with each click. */
const rowsAtOnce = 60;

function PlotTable({ title, lines, say }: Pick<Props, "title" | "lines" | "say">) {
  const [most, setMost] = useState(rowsAtOnce);
  const { rows, all } = newestRows(lines, most);
  const cell = (point: PlotPoint | undefined) => {
    if (point === undefined) return "";
    const { value, low, high } = point;
    if (low === undefined) return say(value);
    return `${say(value)} (${say(low)} to ${high == null ? "no bound" : say(high)})`;
  };
  return (
    <Scroll name={title}>
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
          {rows.map(({ at, points }) => (
            <tr key={at}>
              <td>{new Date(at).toLocaleTimeString()}</td>
              {points.map((point, i) => (
                <td key={lines[i]?.label}>{cell(point)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < all && (
        <p>
          The newest {count(rows.length)} of {count(all)}.{" "}
          <button type="button" class="plain" onClick={() => setMost(most + rowsAtOnce)}>
            Older ones
          </button>
        </p>
      )}
    </Scroll>
  );
}

/** How thick a line is drawn, in pixels. */
const thick = 2;

/**
 * Where a line goes up and down within a pixel its thickness is not seen, and drawing it takes a processor many times as long: there
 * it is as thin as the screen can show it.
 */
function fitThickness(plot: UPlot): void {
  const width = plot.data[0].length > plot.width ? 1 / devicePixelRatio : thick;
  for (const line of plot.series) if (line.class === "line") line.width = width;
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
    series.push({ label, class: "line", stroke, width: thick, spanGaps: true, points }, edge, edge);
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
    hooks: { drawClear: [fitThickness] },
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
