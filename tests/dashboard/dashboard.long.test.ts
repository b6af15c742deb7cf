import { setTimeout as pause } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShop, playbook, type Shop } from "../cli/shop.js";
import { aVisitor, axeFindings, openChromium, type Visitor } from "./chromium.js";

// One control plane and one Chromium; releases run on the local cloud, as real as they get, and wait for people where people decide.
const asking = `gates:
  approval: { before_shift: true }
canary:
  steps: [50, 100]
  bake: 15s
  interval: 1s
  warm_up: 1s
  step_minimum: 2s
  min_requests: 20
  profile: strict
  approve: before 100
  source: probe
  probe: { rate: 20 }
  guardrails: [{ kind: errors, id: error rate, limit: 0.01 }]
  watch: { duration: 1s, interval: 300ms, failures: 2, consecutive: 2 }
`;
const desk = { width: 1280, height: 900 };
const phone = { width: 360, height: 740 };
/** How far a page reaches beyond its window, in pixels. */
const beyond = (page: Page) => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
const spell = `<img src=x onerror="document.title='bewitched'">`;

let shop: Shop;
let browser: Browser;
let ada: Visitor;
let origin: string;
let link: string;

const linkFor = async (...words: string[]) =>
  (await shop.json("dashboard", "--no-open", ...words)).last.url as string;
const enter = async (visitor: Visitor, url: string) => {
  await visitor.page.goto(url);
  await visitor.page.getByRole("navigation").waitFor();
};
const releases = async () =>
  (await shop.json("releases")).last as { id: string; state: string; because?: string }[];
/** The newest release, once it stands as it should. */
async function ended(id: string, state: string) {
  for (let i = 0; i < 600; i++) {
    const release = (await releases()).find((one) => one.id === id);
    if (release?.state === state) return release;
    await pause(500);
  }
  throw new Error(`${id} was not ${state} in time`);
}
/** Starts a release in the background, and shows it. @returns its id. */
async function begin(page: Page, ...words: string[]): Promise<string> {
  const running = shop.start("deploy", ...words);
  const { release } = await running.until((line) => line.kind === "release.started");
  await page.goto(`${origin}/#/releases/${release}`);
  return release as string;
}
/** Presses a button, then the one of the same name in the question that follows. */
async function press(page: Page, name: string, reason?: string) {
  await page.getByRole("main").getByRole("button", { name, exact: true }).first().click();
  const dialog = page.getByRole("dialog");
  if (reason !== undefined) await dialog.getByRole("textbox").fill(reason);
  await dialog.getByRole("button", { name, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}
const asks = (page: Page, of: string) =>
  page.getByRole("heading", { name: `It asks: ${of}` }).waitFor({ timeout: 120_000 });
const shows = (page: Page, state: string) =>
  page.locator("main .head .badge", { hasText: state }).waitFor({ timeout: 120_000 });

beforeAll(async () => {
  shop = openShop(playbook(asking));
  browser = await openChromium();
  // On a breathless machine a control plane may take longer to start than `up` waits for it.
  let up = await shop.atoms("up");
  for (let tries = 0; up.code !== 0 && tries < 3; tries++) up = await shop.atoms("up");
  expect(up, up.err).toMatchObject({ code: 0 });
  link = await linkFor("--as", spell);
  origin = new URL(link).origin;
  ada = await aVisitor(browser, origin, { viewport: { width: 1280, height: 900 } });
}, 480_000);

afterAll(async () => {
  await browser?.close();
  await shop?.close();
}, 60_000);

describe("the dashboard in a browser", () => {
  it("is entered by a link that counts once, and is small", async () => {
    await enter(ada, link);
    expect(ada.page.url()).toBe(`${origin}/#/`);
    const sent = await ada.page.evaluate<number>(`
      [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter(({ name }) => !name.includes("/api/"))
        .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
    expect(sent).toBeGreaterThan(1_000);
    expect(sent).toBeLessThan(60_000);
    const thief = await aVisitor(browser, origin);
    await thief.page.goto(link);
    await thief.page.getByText("ATM-941").waitFor();
    await thief.context.close();
  }, 120_000);

  it("shows a release as it goes, and approves it by a click", async () => {
    const { page } = ada;
    const id = await begin(page);
    // The mark is gone if the page were loaded anew: all that follows comes by itself.
    await page.evaluate("window.mark = 1");
    await asks(page, "shift");
    await press(page, "Approve");
    await shows(page, "released");
    expect(await page.evaluate("window.mark")).toBe(1);
    await ended(id, "released");
    const { lines } = await shop.json("ledger", "--release", id);
    expect(JSON.stringify(lines)).toContain('"approval.given"');
  }, 240_000);

  it("aborts a release before traffic moves, and keeps the reason as it was typed", async () => {
    const { page } = ada;
    const id = await begin(page);
    await asks(page, "shift");
    await press(page, "Abort", spell);
    await shows(page, "aborted");
    expect(await ended(id, "aborted")).toMatchObject({ because: expect.stringContaining(spell) });
    expect(await page.getByRole("main").innerText()).toContain(spell);
  }, 240_000);

  it("shows a canary against stable, and takes it back by a click", async () => {
    const { page } = ada;
    const id = await begin(page, "--strategy", "canary");
    await asks(page, "shift");
    await press(page, "Approve");
    await asks(page, "step 1");
    await page.getByRole("heading", { name: "error rate" }).waitFor();
    await page.locator(".plot canvas").first().waitFor();
    expect(await page.locator(".split").innerText()).toMatch(/50 %\s+canary/);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeFindings(ada), colorScheme).toEqual([]);
    }
    const eve = await aVisitor(browser, origin);
    await enter(eve, await linkFor("--as", "Eve", "--role", "viewer"));
    await eve.page.goto(`${origin}/#/releases/${id}`);
    await asks(eve.page, "step 1");
    expect(await eve.page.getByRole("main").getByRole("button").count()).toBe(0);
    const refused = await eve.page.evaluate(async (release) => {
      const answers = ["abort", "approve"].map((verb) =>
        fetch(`/api/v1/releases/${verb}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ release }),
        }).then(async (answer) => [answer.status, ((await answer.json()) as { code: string }).code]),
      );
      return Promise.all(answers);
    }, id);
    expect(refused).toEqual([
      [403, "ATM-940"],
      [403, "ATM-940"],
    ]);
    expect(eve.trouble).toEqual([]);
    await eve.context.close();
    await press(page, "Roll back");
    await shows(page, "rolled back");
    await ended(id, "rolled back");
  }, 300_000);

  it("points production back at a deployment that was proven good", async () => {
    const { page } = ada;
    const second = await begin(page);
    await asks(page, "shift");
    await press(page, "Approve");
    await shows(page, "released");
    await page.goto(`${origin}/#/`);
    await press(page, "Roll back");
    await page.waitForURL((url) => url.hash.startsWith("#/releases/rel_"));
    await shows(page, "rolled back");
    const newest = (await releases())[0];
    expect(newest?.id).not.toBe(second);
    expect(newest).toMatchObject({ strategy: "rollback", state: "rolled back" });
  }, 300_000);

  it("fits a phone and is read by everybody, in light and in dark", async () => {
    const { page } = ada;
    const id = (await releases())[0]?.id;
    for (const [place, heading] of [
      ["#/", "Overview"],
      ["#/releases", "Releases"],
      ["#/deployments", "Deployments"],
      ["#/monitors", "Monitors"],
      ["#/monitors/health", "health"],
      ["#/alerts", "Alerts"],
      ["#/incidents", "Incidents"],
      ["#/on-call", "On call"],
      ["#/maintenance", "Maintenance"],
      ["#/emergency", "Emergency"],
      ["#/backups", "Backups and recovery"],
      ["#/ledger", "Ledger"],
      ["#/settings", "Settings"],
      [`#/releases/${id}`, /^v\d/],
      ["#/nowhere", "Nothing is here"],
    ] as const) {
      await page.goto(`${origin}/${place}`);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await expect.poll(() => page.getByText("Reading…").count(), { timeout: 60_000 }).toBe(0);
      expect(await axeFindings(ada), place).toEqual([]);
      await page.setViewportSize(phone);
      expect(await beyond(page), place).toBeLessThanOrEqual(0);
      for (const colorScheme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeFindings(ada), `${place} ${colorScheme}, on a phone`).toEqual([]);
      }
      await page.setViewportSize(desk);
    }
  }, 480_000);

  it("runs an incident by clicks, from its opening to its end", async () => {
    const { page } = ada;
    await page.goto(`${origin}/#/incidents`);
    await page.getByRole("button", { name: "Open an incident" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What is wrong").fill(`Checkout fails ${spell} ${"verylongword".repeat(9)}`);
    await dialog.getByRole("button", { name: "Open an incident" }).click();
    await page.getByRole("heading", { level: 1, name: /^P2 Checkout fails <img/ }).waitFor();
    await page.setViewportSize(phone);
    expect(await beyond(page)).toBeLessThanOrEqual(0);
    await page.setViewportSize(desk);
    await press(page, "I have it");
    await press(page, "Note", "the cart was empty");
    await page.getByText("the cart was empty").waitFor();
    await press(page, "Done");
    expect(await axeFindings(ada)).toEqual([]);
    // This playbook has no status page: nothing is said to nobody.
    await page.getByRole("button", { name: "Update" }).click();
    await dialog.getByLabel("Show it to everybody").check();
    await dialog.getByLabel("How it stands").fill("we look");
    await dialog.getByRole("button", { name: "Update" }).click();
    await dialog.getByText("ATM-954").waitFor();
    await dialog.getByRole("button", { name: "Not now" }).click();
    // Left to itself it would be refused while something is not well: that is told, and the dialog stays.
    await page.getByRole("button", { name: "Resolve" }).click();
    await dialog.getByLabel("What ended it").fill("the cart is full again");
    await dialog.getByLabel("Why it is over although").fill("a test says so");
    await dialog.getByRole("button", { name: "Resolve" }).click();
    await shows(page, "resolved");
    const { last } = await shop.json("incident", "list");
    expect(last[0]).toMatchObject({
      state: "resolved",
      acknowledgedBy: spell,
      resolution: "the cart is full again",
    });
  }, 240_000);

  it("keeps an alert quiet and lets it be heard again", async () => {
    const { page } = ada;
    await page.goto(`${origin}/#/alerts`);
    await page.getByRole("button", { name: "Add a silence" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Labels").fill("rule=service_down");
    await dialog.getByLabel("Why").fill("a drill");
    await dialog.getByRole("button", { name: "Add a silence" }).click();
    await page.getByText("rule=service_down").waitFor();
    await press(page, "End");
    await page.getByText("Nothing is silenced.").waitFor();
    const { lines } = await shop.json("ledger", "--kind", "silence.ended");
    expect(JSON.stringify(lines)).toContain("service_down");
  }, 240_000);

  it("shows an emergency as it is, and leads to what can be done", async () => {
    const { page } = ada;
    await page.goto(`${origin}/#/emergency`);
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByRole("heading", { name: "What most likely did it" }).waitFor();
    const acts = page.getByRole("region", { name: "What can be done" });
    await acts.getByText("atoms emergency --do freeze").waitFor();
    await acts.getByRole("link", { name: "Open an incident" }).click();
    await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
  }, 240_000);

  it("shows maintenance under way and to come, and ends it by a click", async () => {
    const { page } = ada;
    const now = Date.now();
    const one = {
      id: "mnt_1",
      number: 1,
      service: "shop",
      environment: "production",
      because: `a new index ${spell}`,
      startedAt: now - 60_000,
      startedBy: { kind: "person", name: "Ben", via: "cli" },
      until: now + 3_600_000,
      tasks: ["vacuum"],
      hold: false,
      playbook: { path: "playbook.yaml", platform: "local" },
      state: "kept closed",
      done: [{ task: "vacuum", outcome: "done", saw: "3 tables", ms: 5 }],
      kept: { because: "shop.localhost answered 503", since: now - 1_000 },
    };
    const window = {
      startsAt: now + 86_400_000,
      endsAt: now + 90_000_000,
      because: "a faster search",
      tasks: [],
    };
    const asked: unknown[] = [];
    // A shop that can be closed needs a database of its own; what the dashboard does with the answers is what is tried here.
    await page.route(/\/api\/v1\/maintenance/, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (route.request().method() === "POST") asked.push([pathname, route.request().postDataJSON()]);
      const answer = pathname.endsWith("/windows")
        ? [{ ...window, name: "night", zone: "Europe/Berlin" }]
        : pathname.endsWith("/end")
          ? one
          : [one, { ...one, id: "mnt_0", number: 0, state: "done", endedAt: now }];
      await route.fulfill({ json: { ok: true, answer } });
    });
    try {
      await page.goto(`${origin}/#/maintenance`);
      await page.getByText("Europe/Berlin").waitFor();
      const text = await page.getByRole("main").innerText();
      for (const words of ["kept closed", spell, "3 tables", "answered 503", "a faster search"])
        expect(text).toContain(words);
      const begins = page.getByRole("region", { name: "Windows to come" }).locator("time").first();
      expect(await begins.getAttribute("title")).toMatch(/UTC$/);
      expect(await axeFindings(ada)).toEqual([]);
      await press(page, "End it", "it is well");
      expect(asked).toEqual([["/api/v1/maintenance/end", { anyway: "it is well" }]]);
    } finally {
      await page.unroute(/\/api\/v1\/maintenance/);
    }
  }, 240_000);

  it("shows what was brought back and what was rehearsed, against the targets", async () => {
    const { page } = ada;
    const entry = (kind: string, data: object) => ({
      seq: 1,
      key: kind,
      kind,
      at: Date.now(),
      actor: { kind: "person", name: "Ben", via: "cli" },
      service: "shop",
      environment: "production",
      data: { scenario: "database_failure", rtoMs: 4_200, rpoMs: 60_000, ...data },
    });
    const answer = [
      entry("drill.finished", { state: "missed", met: false, because: "3 of 90 writes were lost" }),
      entry("recovery.finished", { state: "released", met: true, because: spell }),
    ];
    // A database that has failed takes a server of its own; tests of recovery have one.
    await page.route(/\/recovery\/history/, (route) => route.fulfill({ json: { ok: true, answer } }));
    try {
      await page.goto(`${origin}/#/backups`);
      const rows = page.getByRole("region", { name: "Recoveries and drills" }).locator("tbody tr");
      await rows.first().waitFor();
      expect(await rows.first().innerText()).toMatch(/drill.*database failure.*targets missed.*4\.2 s.*1 m/s);
      expect(await rows.last().innerText()).toMatch(/recovery.*recovered.*kept/s);
      expect(await rows.last().innerText()).toContain(spell);
      const scenarios = page.getByRole("region", { name: "Scenarios" }).locator("tbody tr");
      await scenarios.first().waitFor();
      expect(await scenarios.first().innerText()).toMatch(/database failure.*never.*0 of 0/s);
      expect(await scenarios.count()).toBe(4);
      expect(await axeFindings(ada)).toEqual([]);
    } finally {
      await page.unroute(/\/recovery\/history/);
    }
  }, 240_000);

  it("finds an entry of the ledger, and verifies the chain", async () => {
    const { page } = ada;
    await page.goto(`${origin}/#/ledger`);
    await page.getByRole("heading", { level: 1, name: "Ledger" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("silence.ended service_down");
    const entries = page.locator(".log.entries > li");
    await entries.filter({ hasText: "silence.ended" }).waitFor();
    expect(await entries.count()).toBe(1);
    await press(page, "Verify");
    await page.getByText(/intact: \d+ entries/).waitFor();
  }, 240_000);

  it("is led by keys, and says which", async () => {
    const { page } = ada;
    await page.goto(`${origin}/#/`);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await page.getByRole("heading", { level: 1, name: "Releases" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }, 120_000);

  it("shows no text as HTML, asks nobody else, and runs without an error", async () => {
    await ada.page.goto(`${origin}/#/releases`);
    expect(await ada.page.getByRole("banner").innerText()).toContain(spell);
    expect(await ada.page.title()).not.toContain("bewitched");
    expect(await ada.page.locator("img").count()).toBe(0);
    expect(ada.trouble).toEqual([]);
  }, 120_000);

  it("lets nobody in any more who has signed out", async () => {
    await ada.page.getByRole("button", { name: "Sign out" }).click();
    await ada.page.getByText("atoms dashboard").waitFor();
    expect(await ada.page.evaluate(async () => (await fetch("/api/v1/session")).status)).toBe(401);
  }, 120_000);
});
