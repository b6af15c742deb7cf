// The dashboard in a real Chromium: how soon it can be used with the processor slowed four times, how soon it shows what was
// just written to the ledger, and what 200 open streams of events cost one control plane.
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { firstPage } from "./dashboard/first-page.mjs";
import { holds, openChromium, patienceMs } from "./dashboard/page.mjs";
import { withShop } from "./lib/shop.mjs";

const streams = 200;
/** A caller may hold 100 streams, so that these are of four. */
const callers = 4;
const measuredMs = 60_000;
/** An entry of the ledger each second is a busy release; people do less. */
const everyMs = 1_000;

/** @param {{ runs: number }} options */
export default async function dashboard({ runs }) {
  const postgres = await startPostgres();
  try {
    return await withShop(async (shop) => {
      const { folder, env, atoms } = shop;
      await atoms("down");
      env.DATABASE_URL = postgres.url;
      // Whether the service is fast enough is another question, and a busy machine would say no.
      const playbook = join(folder, "playbook.yaml");
      const text = await readFile(playbook, "utf8");
      await writeFile(playbook, text.replace("validation:\n", "validation:\n  performance: false\n"));
      await atoms("up");
      await atoms("deploy");
      const { url, pid, token } = JSON.parse(
        await readFile(join(folder, ".atoms/run/control-plane.json"), "utf8"),
      );
      const api = apiOf(url, token);
      // First what one visitor sees, while nobody else is there; then the many.
      const browser = await openChromium();
      let rows;
      try {
        const { url: link } = await atoms("dashboard", "--no-open");
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
        await signIn(context, link);
        rows = [...(await firstPage(context, url, runs)), ...(await live(context, url, api, runs))];
      } finally {
        await browser.close();
      }
      return [...rows, ...(await many(shop, { url, pid, api }))];
    });
  } finally {
    await postgres.stop();
  }
}

async function signIn(context, link) {
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole("navigation").waitFor({ timeout: patienceMs });
  await page.close();
}

/** From the time of an entry in the ledger to its words on the screen, in the room of an incident. */
async function live(context, url, api, runs) {
  const { incident } = await api.post("/incidents", { title: "a bench", severity: "P4" });
  const page = await context.newPage();
  await page.goto(`${url}/#/incidents/${incident.id}`);
  await page.getByRole("heading", { name: "What happened" }).waitFor({ timeout: patienceMs });
  await page.evaluate(`
    window.seen = {};
    new MutationObserver(() => {
      for (const [, mark] of document.querySelector("main").textContent.matchAll(/(bench-mark-\\d+)\\./g))
        window.seen[mark] ??= performance.timeOrigin + performance.now();
    }).observe(document, { childList: true, subtree: true, characterData: true });`);
  for (let n = 0; n < runs; n++) {
    await api.post("/incidents/note", { incident: incident.id, text: `bench-mark-${n}.` });
    await holds(page, `window.seen["bench-mark-${n}"] !== undefined`);
    // Not in step with how often the store is asked.
    await pause(1_000 + Math.random() * 500);
  }
  const entries = await api.get(`/ledger?kind=incident.noted&limit=${runs}`);
  const seen = await page.evaluate("window.seen");
  await page.close();
  const values = entries.map(({ at, data }) => seen[data.text.replace(/\.$/, "")] - at);
  return [{ what: "live: from an entry of the ledger to the screen", values, bound: 1_000 }];
}

/** The processor of the control plane with many open streams and an entry each second, and without them. */
async function many({ atoms }, { url, pid, api }) {
  const { incident } = await api.post("/incidents", { title: "another bench", severity: "P4" });
  const write = () => api.post("/incidents/note", { incident: incident.id, text: "something happened" });
  const alone = await share(pid, write);
  const opened = [];
  for (let n = 0; n < callers; n++) {
    const { secret } = await atoms("token", "create", `bench-${n}`, "--role", "viewer");
    for (let i = 0; i < streams / callers; i++) opened.push(openStream(url, secret));
  }
  try {
    await Promise.all(opened.map(({ ready }) => ready));
    const before = opened.map(({ count }) => count());
    const together = await share(pid, write);
    // Whoever has not heard of all was no listener.
    await pause(2_000);
    const heard = opened.map(({ count }, i) => count() - before[i]);
    const least = Math.min(...heard);
    if (least < together.written) throw new Error(`a stream told ${least} of ${together.written} entries`);
    return [
      {
        what: "one control plane, no stream, an entry each second",
        values: [alone.share],
        unit: "% of a core",
      },
      {
        what: `the same with ${streams} open streams`,
        values: [together.share],
        unit: "% of a core",
        bound: 10,
      },
    ];
  } finally {
    for (const { close } of opened) close();
  }
}

/** Writes an entry each second for a while. @returns the share of a core that the process used meanwhile, in percent. */
async function share(pid, write) {
  await pause(5_000);
  const before = cpuSeconds(pid);
  const began = performance.now();
  let written = 0;
  while (performance.now() - began < measuredMs) {
    await write();
    written += 1;
    await pause(Math.max(0, began + written * everyMs - performance.now()));
  }
  return { share: (100 * (cpuSeconds(pid) - before)) / ((performance.now() - began) / 1_000), written };
}

function openStream(url, secret) {
  let count = 0;
  let heard = () => {};
  let failed = () => {};
  const ready = new Promise((resolve, reject) => {
    heard = resolve;
    failed = reject;
  });
  const sent = request(`${url}/api/v1/events`, {
    agent: new Agent({ keepAlive: false }),
    headers: { authorization: `Bearer ${secret}` },
  });
  sent.once("error", failed);
  sent.once("response", (answer) => {
    if (answer.statusCode !== 200) failed(new Error(`the stream answered ${answer.statusCode}`));
    answer.once("error", failed);
    answer.setEncoding("utf8");
    answer.on("data", (part) => {
      if (part.includes("event: hello")) heard();
      count += part.split("event: entry").length - 1;
    });
  });
  sent.end();
  return { ready, count: () => count, close: () => sent.destroy() };
}

function apiOf(url, token) {
  const ask = async (path, init) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(patienceMs),
    });
    const body = await answer.json();
    if (!answer.ok)
      throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(body).slice(0, 300)}`);
    return body.answer;
  };
  return {
    get: (path) => ask(path, {}),
    post: (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) }),
  };
}

/** Processor time of all threads of a process, in seconds (proc(5), utime and stime). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
