// The dashboard's own plot with 10,000 points and bands, which move by one point with every frame: what a frame costs the page's main
// thread, against the 16.7 ms that 60 frames a second leave, and beside it uPlot alone with columns that were made before.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { tellingPage } from "./page.mjs";

const root = fileURLToPath(new URL("../../apps/dashboard/", import.meta.url));
const points = 10_000;
const frames = 120;
const frameMs = 1_000 / 60;

/** What all three pages do: so many frames, then tell how far apart they were. */
const loop = `
  const frames = ${frames};
  const gaps = [];
  let last;
  globalThis.begin = (each) => {
    const frame = (at) => {
      if (last !== undefined) gaps.push(at - last);
      last = at;
      if (gaps.length >= frames) return void benchDone(JSON.stringify(gaps));
      each(gaps.length);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };`;

/** 10,000 points in two lines, as a monitor has them: a median with its lowest and highest, and a percentile. */
const numbers = `
  const noise = (i) => ((Math.imul(i, 2654435761) >>> 0) % 1000) / 1000;
  const start = Date.UTC(2026, 0, 1);
  const median = Array.from({ length: ${points / 2 + frames} }, (_, i) => {
    const value = 40 + 10 * Math.sin(i / 300) + 8 * noise(i);
    return { at: start + i * 1000, value, low: value - 6 * noise(i + 1), high: value + 20 * noise(i + 2) };
  });
  const high = median.map(({ at, value }, i) => ({ at, value: value + 15 + 30 * noise(i + 3) }));
  const part = (all, n) => all.slice(n, n + ${points / 2});`;

const programs = {
  dashboard: `
    import { render } from "preact";
    import { Plot } from "./src/parts/plot.tsx";
    ${loop}
    ${numbers}
    const say = (value) => value.toFixed(0) + " ms";
    const show = (n) =>
      render(
        <Plot
          title="latency"
          say={say}
          height={300}
          lines={[
            { label: "median, and lowest to highest", colour: "stable", points: part(median, n) },
            { label: "p95", colour: "canary", points: part(high, n) },
          ]}
        />,
        document.getElementById("app"),
      );
    show(0);
    const drawn = setInterval(() => {
      if (document.querySelector("canvas") === null) return;
      clearInterval(drawn);
      globalThis.ready = () => begin(show);
      benchDone("ready");
    }, 20);`,
  alone: `
    import Plotter from "uplot";
    ${loop}
    ${numbers}
    const columns = Array.from({ length: frames }, (_, n) => {
      const [a, b] = [part(median, n), part(high, n)];
      return [a.map(({ at }) => at / 1000), a.map(({ value }) => value), a.map(({ low }) => low), a.map(({ high }) => high),
        b.map(({ value }) => value)];
    });
    const edge = { width: 0, points: { show: false } };
    const plot = new Plotter(
      { width: 1200, height: 300, legend: { show: false }, cursor: { show: false },
        series: [{}, { stroke: "#06c", width: 1, points: { show: false } }, edge, edge, { stroke: "#c60", width: 1, points: { show: false } }],
        bands: [{ series: [3, 2], fill: "#06c3" }] },
      columns[0],
      document.getElementById("app"),
    );
    globalThis.ready = () => begin((n) => plot.setData(columns[Math.min(n, frames - 1)]));
    benchDone("ready");`,
  nothing: `
    ${loop}
    globalThis.ready = () => begin(() => {});
    benchDone("ready");`,
};

/** @param browser An open Chromium. */
export async function movingPlots(browser, runs) {
  const server = createServer();
  const css = await readFile(`${root}src/style/colours.css`, "utf8");
  const files = new Map();
  for (const [name, contents] of Object.entries(programs)) {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root, loader: "tsx" },
      bundle: true,
      write: false,
      format: "iife",
      minify: true,
      jsx: "automatic",
      jsxImportSource: "preact",
      logLevel: "error",
    });
    files.set(`/${name}.js`, outputFiles[0].text);
  }
  server.on("request", ({ url }, answer) => {
    const script = files.get(url);
    answer.setHeader(
      "content-type",
      script === undefined ? "text/html; charset=utf-8" : "text/javascript; charset=utf-8",
    );
    answer.end(
      script ??
        `<!doctype html><title>plots</title><style>${css}</style><div id="app"></div><script src="${url}.js"></script>`,
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const seen = Object.fromEntries(Object.keys(programs).map((name) => [name, { work: [], gaps: [] }]));
  try {
    for (let n = 0; n < runs; n++)
      for (const name of Object.keys(programs)) {
        const { work, gaps } = await moved(context, `http://127.0.0.1:${server.address().port}/${name}`);
        seen[name].work.push(work);
        seen[name].gaps.push(gaps);
      }
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
  const late = ({ gaps }) =>
    gaps.map((one) => (100 * one.filter((ms) => ms > 1.5 * frameMs).length) / one.length);
  return [
    {
      what: "a plot of 10,000 points that moves: main thread per frame",
      values: seen.dashboard.work,
      bound: frameMs,
    },
    { what: "  uPlot alone", values: seen.alone.work },
    { what: "  a page that draws nothing", values: seen.nothing.work },
    { what: "frames that came late", values: late(seen.dashboard), unit: "%" },
    { what: "  with uPlot alone", values: late(seen.alone), unit: "%" },
    { what: "  with a page that draws nothing", values: late(seen.nothing), unit: "%" },
  ];
}

async function moved(context, url) {
  const { page, debug, next } = await tellingPage(context);
  await debug.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => {
    const { metrics } = await debug.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
  };
  await page.goto(url);
  await next();
  const before = await work();
  await page.evaluate("ready()");
  const gaps = JSON.parse(await next());
  const after = await work();
  await page.close();
  return { work: (after - before) / gaps.length, gaps };
}
