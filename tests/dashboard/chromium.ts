import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Where Chromium is. @throws when there is none: these tests are not skipped. */
export function chromiumPath(path = process.env["PATH"] ?? ""): string {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const found = names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((one) => existsSync(one));
  if (found !== undefined) return found;
  throw new Error(
    "These tests look at the dashboard in a real browser, and no Chromium was found in PATH. Install it with `apt-get install chromium`.",
  );
}

export const openChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath(), args: ["--disable-dev-shm-usage"], timeout: 120_000 });

/** Somebody at a browser, and what their pages did that none should. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of scripts, things the policy of the page kept out, and requests to elsewhere. */
  readonly trouble: readonly string[];
}

/** Opens a browser of its own for somebody. @param origin The only place that may be asked. */
export async function aVisitor(
  browser: Browser,
  origin: string,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("console", (line) => {
    // Chromium tells of every answer that is no 200 as an error; refused calls are meant to be.
    if (line.type() === "error" && !/^Failed to load resource/.test(line.text())) trouble.push(line.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) trouble.push(`asked ${request.url()}`);
  });
  return { page, context, trouble };
}

/** What is against WCAG 2.2 AA on a page, by axe, in a line each. */
export async function axeFindings({ context, page }: Visitor): Promise<string[]> {
  // By the debugger: a script that is added to the page is kept out by the page's own policy.
  const debug = await context.newCDPSession(page);
  try {
    await debug.send("Runtime.evaluate", { expression: axe.source });
    const run = `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + " " + target.join(" ") + ": " + failureSummary)))`;
    const { result, exceptionDetails } = await debug.send("Runtime.evaluate", {
      expression: run,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`axe did not run: ${exceptionDetails.text}`);
    return result.value as string[];
  } finally {
    await debug.detach();
  }
}
