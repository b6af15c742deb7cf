// What the measurements in a browser share.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";

export const patienceMs = 120_000;

/** Starts the Chromium in PATH. */
export async function openChromium() {
  const executablePath = (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "chromium"))
    .find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error("no Chromium was found in PATH; install it with `apt-get install chromium`");
  return chromium.launch({ executablePath, args: ["--disable-dev-shm-usage"] });
}

/** Asks by the debugger: the page's policy lets nothing be evaluated in it. */
export async function holds(page, expression) {
  for (const began = performance.now(); performance.now() - began < patienceMs; ) {
    if (await page.evaluate(expression)) return;
    await pause(50);
  }
  throw new Error(`never came true: ${expression}`);
}

/** Opens a page that tells how far it is by calling `benchDone(text)`; `next()` waits for what it tells next. */
export async function tellingPage(context) {
  const page = await context.newPage();
  const debug = await context.newCDPSession(page);
  await debug.send("Runtime.enable");
  await debug.send("Runtime.addBinding", { name: "benchDone" });
  const told = [];
  const waiting = [];
  debug.on("Runtime.bindingCalled", ({ name, payload }) => {
    if (name !== "benchDone") return;
    const hear = waiting.shift();
    if (hear === undefined) told.push(payload);
    else hear(payload);
  });
  const next = () =>
    new Promise((resolve, reject) => {
      if (told.length > 0) return resolve(told.shift());
      const timer = setTimeout(
        () => reject(new Error(`the page told nothing for ${patienceMs / 1_000} s`)),
        patienceMs,
      );
      waiting.push((payload) => {
        clearTimeout(timer);
        resolve(payload);
      });
    });
  return { page, debug, next };
}
