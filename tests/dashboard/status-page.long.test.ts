import { systemClock } from "@atoms/engine";
import type { PublicStatus } from "@atoms/playbook";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveApi } from "../../apps/control-plane/src/api/server.js";
import { statusRoutes } from "../../apps/control-plane/src/status-page/routes.js";
import { aVisitor, axeFindings, openChromium } from "./chromium.js";

// The page of an eventful month, in a real browser: every state that it can show is on it.
const now = Date.now();
const day = 86_400_000;
const long = "averyveryverylongwordwithoutanyplacetobreakit".repeat(2);
const days = (share: (i: number) => number | undefined) =>
  Array.from({ length: 90 }, (_, i) => {
    const is = share(i);
    const name = new Date(now - (89 - i) * day).toISOString().slice(0, 10);
    return is === undefined ? { day: name } : { day: name, share: is };
  });
const update = { at: now - 60_000, state: "identified", text: `We know why. ${long}` } as const;
const status: PublicStatus = {
  title: "Shop status",
  about: "How the shop is, at this minute.",
  support: "https://example.com/help",
  at: now,
  state: "partly down",
  components: [
    { name: "Checkout", about: "Paying", state: "up", days: days(() => 1), share: 1 },
    { name: "Search", state: "degraded", days: days((i) => (i % 9 === 0 ? 0.97 : 1)), share: 0.996 },
    { name: long, state: "down", days: days((i) => (i < 40 ? undefined : 0.4)), share: 0.4 },
    { name: "Docs", state: "maintenance", days: days(() => undefined) },
    { name: "Mail", state: "unknown", days: days(() => undefined) },
  ],
  incidents: [
    { key: "a1", title: "Payments fail", state: "identified", startedAt: now - day, updates: [update] },
  ],
  maintenance: [
    { state: "under way", startsAt: now, endsAt: now + day, text: "Maintenance" },
    { state: "planned", startsAt: now + day, endsAt: now + 2 * day, text: "The search gets faster" },
  ],
  past: [
    {
      key: "b2",
      title: "Search is slow",
      state: "resolved",
      startedAt: now - 3 * day,
      resolvedAt: now - 2 * day,
      updates: [{ ...update, state: "monitoring" }],
    },
  ],
};

let browser: Browser;
let served: Awaited<ReturnType<typeof serveApi>>;
beforeAll(async () => {
  served = await serveApi(
    statusRoutes({ clock: systemClock, env: {}, reportBug: () => undefined }, async () => status),
    0,
  );
  browser = await openChromium();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await served?.close();
}, 60_000);

describe("the status page in a browser", () => {
  it.each(["light", "dark"] as const)(
    "is read by everybody in %s, on a desk and on a phone, and asks nobody else",
    async (colorScheme) => {
      const visitor = await aVisitor(browser, served.url, {
        colorScheme,
        viewport: { width: 1280, height: 900 },
      });
      const { page } = visitor;
      await page.goto(`${served.url}/status`);
      for (const details of await page.locator("details").all()) await details.locator("summary").click();
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await axeFindings(visitor), `${width}`).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      }
      // The style was let in by the page's own policy: without it bars have no colour of their own.
      expect(await page.locator(".day-down").first().evaluate("one => getComputedStyle(one).fill")).not.toBe(
        "rgb(0, 0, 0)",
      );
      expect(visitor.trouble).toEqual([]);
      await visitor.context.close();
    },
    180_000,
  );

  it("is whole without JavaScript", async () => {
    const { page, context } = await aVisitor(browser, served.url, { javaScriptEnabled: false });
    await page.goto(`${served.url}/status`);
    const text = await page.locator("body").innerText();
    for (const words of [
      "Something is down",
      "Payments fail",
      "The search gets faster",
      "Search is slow",
      "Degraded",
    ])
      expect(text).toContain(words);
    expect(await page.getByRole("img", { name: /^Search, the last 90 days: up 99\.6 % / }).count()).toBe(1);
    await page.getByText("Day by day of Search").click();
    expect(await page.locator("details[open] li").count()).toBe(10);
    await context.close();
  }, 120_000);
});
