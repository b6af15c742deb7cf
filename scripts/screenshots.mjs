// Takes the pictures of the README: `node scripts/screenshots.mjs FOLDER` signs in at the control plane that runs for the playbook in
// FOLDER (`atoms up`) and writes docs/screenshots/. What it shows is what is there: start a canary first. Needs Chromium in PATH.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder, into = join(root, "docs/screenshots")] = process.argv.slice(2);
if (folder === undefined) {
  console.error(
    "usage: node scripts/screenshots.mjs <folder of a playbook whose control plane runs> [where to write]",
  );
  process.exit(2);
}
const executablePath = (process.env.PATH ?? "")
  .split(delimiter)
  .map((one) => join(one, "chromium"))
  .find((one) => existsSync(one));
if (executablePath === undefined) {
  console.error("No Chromium was found in PATH. Install it with `apt-get install chromium`.");
  process.exit(1);
}

const atoms = (...args) =>
  JSON.parse(
    execFileSync(process.execPath, [join(root, "apps/cli/bin/atoms.js"), ...args, "--json"], {
      cwd: folder,
      encoding: "utf8",
    }),
  );
const [newest] = atoms("releases", "--limit", "1");
const { url } = atoms("dashboard", "--no-open", "--as", "Ada");
mkdirSync(into, { recursive: true });

const browser = await chromium.launch({ executablePath });
try {
  const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
  await page.goto(url);
  await page.getByRole("navigation").waitFor();
  const shots = [
    ["overview", "#/", "light", 1100, 700],
    ...(newest === undefined ? [] : [["release", `#/releases/${newest.id}`, "light", 1000, 700]]),
    ...(newest === undefined ? [] : [["release-phone-dark", `#/releases/${newest.id}`, "dark", 390, 844]]),
  ];
  for (const [name, place, colorScheme, width, height] of shots) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.goto(new URL(place, url).href);
    // What is read and what is drawn has no end that could be waited for: it goes on.
    await page.waitForTimeout(3_000);
    await page.screenshot({ path: join(into, `${name}.png`) });
    console.log(join(into, `${name}.png`));
  }
} finally {
  await browser.close();
}
