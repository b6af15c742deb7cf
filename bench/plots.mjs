// The plots of the dashboard in a real Chromium: what a frame costs with 10,000 points that move.
import { openChromium } from "./dashboard/page.mjs";
import { movingPlots } from "./dashboard/plots.mjs";

/** @param {{ runs: number }} options */
export default async function plots({ runs }) {
  const browser = await openChromium();
  try {
    return await movingPlots(browser, runs);
  } finally {
    await browser.close();
  }
}
