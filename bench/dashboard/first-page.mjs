// How soon the overview can be used, with an empty cache and a processor that is four times slower; and beside it, in turns, how soon
// a still page can that brings the same bytes and the same finished contents, and does nothing. What that one needs is the browser's.

import { once } from "node:events";
import { createServer } from "node:http";
import { tellingPage } from "./page.mjs";

const slowed = 4;

/** Tells when the navigation is there, when the overview is, and when the page has time again for what somebody does. */
const watching = `
  const look = () => {
    if (document.querySelector("nav") !== null) window.keysAt ??= performance.now();
    if (window.shownAt !== undefined) return;
    const heads = [...document.querySelectorAll("main h2")].map((one) => one.textContent);
    if (!heads.includes("Production")) return;
    window.shownAt = performance.now();
    watch.disconnect();
    requestIdleCallback(() => benchDone(JSON.stringify([keysAt, shownAt, performance.now()])), { timeout: 10_000 });
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { childList: true, subtree: true });`;

/** @param context A browser's context in which somebody is signed in at `url`. */
export async function firstPage(context, url, runs) {
  const seen = { keys: [], shown: [], used: [], work: [] };
  const still = { used: [], work: [] };
  const copy = await stillCopy(context, url);
  try {
    for (let n = 0; n < runs; n++) {
      // In turns, so that both meet the same machine.
      const [keys, shown, used] = await opened(context, `${url}/`, slowed);
      seen.keys.push(keys);
      seen.shown.push(shown);
      seen.used.push(used);
      still.used.push((await opened(context, copy.url, slowed))[2]);
      seen.work.push((await worked(context, `${url}/`)) * slowed);
      still.work.push((await worked(context, copy.url)) * slowed);
    }
  } finally {
    await copy.close();
  }
  const slow = `processor ${slowed} times slower`;
  const times = (values, of) => values.map((value, i) => value / of[i]);
  return [
    { what: `the navigation is there, and follows keys, ${slow}`, values: seen.keys },
    { what: `overview shown with its answers, ${slow}`, values: seen.shown },
    { what: `interactive: shown and idle, ${slow}`, values: seen.used, bound: 1_000 },
    { what: "  a still page of the same bytes and contents", values: still.used },
    { what: "  of that one's time", values: times(seen.used, still.used), unit: "times" },
    {
      what: `work of the page's main thread until then, times ${slowed}, whatever else the machine does`,
      values: seen.work,
      bound: 1_000,
    },
    { what: "  of the still page's", values: still.work },
    { what: "first page, packed", values: [copy.sent], bound: 200, unit: "kB" },
  ];
}

/** Opens a page with an empty cache. @returns when it had its navigation, its contents and time, in ms since it was asked for. */
async function opened(context, url, rate) {
  const { page, debug, next } = await tellingPage(context);
  await emptyCache(debug);
  await debug.send("Emulation.setCPUThrottlingRate", { rate });
  await page.addInitScript(watching);
  await page.goto(url, { waitUntil: "commit" });
  const told = JSON.parse(await next());
  await page.close();
  return told;
}

/** The processor time of the page's main thread until it is idle, in ms; the time of others that used the core is not in it. */
async function worked(context, url) {
  const { page, debug, next } = await tellingPage(context);
  await emptyCache(debug);
  await debug.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => {
    const { metrics } = await debug.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
  };
  await page.addInitScript(watching);
  const before = await work();
  await page.goto(url, { waitUntil: "commit" });
  await next();
  const after = await work();
  await page.close();
  return after - before;
}

async function emptyCache(debug) {
  await debug.send("Network.enable");
  await debug.send("Network.setCacheDisabled", { cacheDisabled: true });
}

/** Serves the finished overview, its style and as many bytes of script that do nothing; @returns also what was sent of it, in kB. */
async function stillCopy(context, url) {
  const files = new Map();
  const page = await context.newPage();
  const bodies = [];
  page.on("response", (answer) => {
    const { pathname } = new URL(answer.url());
    if (pathname.startsWith("/assets/")) bodies.push(answer.text().then((text) => [pathname, text]));
  });
  await page.goto(`${url}/`);
  await page.getByRole("heading", { name: "Production" }).waitFor();
  const sent = await page.evaluate(`
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter(({ name }) => !name.includes("/api/"))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0) / 1_000`);
  const html = await page.content();
  for (const [path, text] of await Promise.all(bodies))
    files.set(path, path.endsWith(".js") ? `//${" ".repeat(text.length - 2)}` : text);
  await page.close();
  const server = createServer((asked, answer) => {
    const text = asked.url === "/" ? html : files.get(asked.url);
    const type = asked.url.endsWith(".js")
      ? "text/javascript"
      : asked.url.endsWith(".css")
        ? "text/css"
        : asked.url.endsWith(".svg")
          ? "image/svg+xml"
          : "text/html";
    answer.writeHead(text === undefined ? 404 : 200, { "content-type": `${type}; charset=utf-8` });
    answer.end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    sent,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
