import { describe, expect, it } from "vitest";
import { PlaybookSettings } from "../settings.js";
import { publicStatus, statusDays } from "./decide.js";
import type { StatusFacts } from "./model.js";
import { StatusPageSettings, statusPageMistakes } from "./settings.js";

const day = 86_400_000;
const now = Date.UTC(2026, 10, 28, 10, 34);
const today = Date.UTC(2026, 10, 28);
const settings = (more: object = {}) =>
  StatusPageSettings.parse({
    title: "Shop status",
    components: [
      { name: "Checkout", monitors: ["api", "payments"], degraded_by: ["speed"] },
      { name: "Search", monitors: ["search"] },
    ],
    ...more,
  });
const facts = (more: Partial<StatusFacts> = {}): StatusFacts => ({
  now,
  monitors: [],
  days: [],
  incidents: [],
  windows: [],
  ...more,
});
type Seen = "up" | "down" | "pending" | "stale";
const monitors = (seen: Record<string, Seen>) =>
  Object.entries(seen).map(([name, is]) => ({
    name,
    standing: is === "stale" ? ("up" as const) : is,
    stale: is === "stale",
  }));

describe("how a component is", () => {
  it.each<[string, Record<string, Seen>, string]>([
    ["all look well", { api: "up", payments: "up", speed: "up" }, "up"],
    ["one of two is down", { api: "down", payments: "up", speed: "up" }, "degraded"],
    ["all are down", { api: "down", payments: "down", speed: "up" }, "down"],
    ["it is slow", { api: "up", payments: "up", speed: "down" }, "degraded"],
    ["it is slow and down", { api: "down", payments: "down", speed: "down" }, "down"],
    ["nobody looked yet", {}, "unknown"],
    ["one was not looked at yet", { api: "up", payments: "pending" }, "unknown"],
    ["the looks have stopped", { api: "stale", payments: "stale" }, "unknown"],
    ["all that is seen is down", { api: "down", payments: "stale" }, "down"],
    ["its speed is not measured", { api: "up", payments: "up", speed: "stale" }, "up"],
  ])("%s", (_, seen, is) => {
    const [checkout] = publicStatus(settings(), facts({ monitors: monitors(seen) })).components;
    expect(checkout?.state).toBe(is);
  });

  it("is maintenance while there is one, whatever monitors see", () => {
    const maintenance = { startedAt: now - 60_000, until: now + 60_000 };
    const status = publicStatus(settings(), facts({ maintenance, monitors: monitors({ search: "down" }) }));
    expect(status.components.map(({ state }) => state)).toEqual(["maintenance", "maintenance"]);
    expect(status.state).toBe("maintenance");
  });
});

describe("how all is together", () => {
  const well: Record<string, Seen> = { api: "up", payments: "up", search: "up" };
  const down: Record<string, Seen> = { api: "down", payments: "down", search: "down" };
  const incidents = [
    { key: "k", state: "open", startedAt: now, updates: [{ at: now, state: "open", text: "seen" }] },
  ];
  it.each<[string, Partial<StatusFacts>, string]>([
    ["all up", { monitors: monitors(well) }, "up"],
    ["all down", { monitors: monitors(down) }, "down"],
    ["one down", { monitors: monitors({ ...well, search: "down" }) }, "partly down"],
    ["one degraded", { monitors: monitors({ ...well, api: "down" }) }, "degraded"],
    ["monitors see nothing and people do", { monitors: monitors(well), incidents }, "incident"],
    ["nobody knows", {}, "unknown"],
  ])("%s", (_, more, is) => {
    expect(publicStatus(settings(), facts(more)).state).toBe(is);
  });
});

describe("the last 90 days", () => {
  it("tell of the monitor that saw the worst, and of days without a look", () => {
    const [checkout] = publicStatus(
      settings(),
      facts({
        days: [
          {
            monitor: "api",
            days: [
              { at: today, share: 1 },
              { at: today - day, share: 0.5 },
            ],
          },
          {
            monitor: "payments",
            days: [
              { at: today, share: 0.9 },
              { at: today - day, share: 1 },
            ],
          },
          { monitor: "speed", days: [{ at: today, share: 0 }] },
          { monitor: "search", days: [{ at: today, share: 0 }] },
        ],
      }),
    ).components;
    expect(checkout?.days).toHaveLength(statusDays);
    expect(checkout?.days.at(0)).toEqual({ day: "2026-08-31" });
    expect(checkout?.days.slice(-2)).toEqual([
      { day: "2026-11-27", share: 0.5 },
      { day: "2026-11-28", share: 0.9 },
    ]);
    expect(checkout?.share).toBeCloseTo(0.7, 9);
  });
});

describe("incidents", () => {
  const update = { at: now, state: "monitoring", text: "a fix is in" };
  const incident = { key: "a1", state: "monitoring", startedAt: now - day, updates: [update] };
  it("are there once somebody made something public, under a name for everybody", () => {
    const { incidents, past } = publicStatus(
      settings(),
      facts({
        incidents: [
          { ...incident, updates: [] },
          incident,
          { ...incident, key: "b2", startedAt: now, title: "Payments fail" },
        ],
      }),
    );
    expect(incidents.map(({ key, title }) => [key, title])).toEqual([
      ["b2", "Payments fail"],
      ["a1", "Service disruption"],
    ]);
    expect(past).toEqual([]);
  });

  it.each([
    ["resolved yesterday", "resolved", now - day, true],
    ["closed yesterday", "closed", now - day, true],
    ["long ago", "closed", now - 16 * day, false],
  ])("are told for a while afterwards: %s", (_, state, resolvedAt, there) => {
    const { incidents, past } = publicStatus(
      settings(),
      facts({ incidents: [{ ...incident, state, resolvedAt }] }),
    );
    expect(incidents).toEqual([]);
    expect(past.map((one) => one.state)).toEqual(there ? ["resolved"] : []);
  });

  it("read as they are written: no marks that turn or hide text", () => {
    const text = "a\u202eb\u0007 c\nd";
    const { incidents } = publicStatus(
      settings(),
      facts({ incidents: [{ ...incident, title: text, updates: [{ ...update, text }] }] }),
    );
    expect(incidents[0]).toMatchObject({ title: "a b  c d", updates: [{ text: "a b  c d" }] });
  });
});

describe("maintenance", () => {
  it("is told once it was announced, and while it is under way", () => {
    const window = { startsAt: now + day, endsAt: now + day + 1_000 };
    const { maintenance } = publicStatus(
      settings(),
      facts({
        maintenance: { startedAt: now - 1, until: now + 1 },
        windows: [
          { ...window, announcedAt: now, text: "A faster search" },
          { ...window, announcedAt: now + 1, text: "not yet" },
          { ...window, text: "never" },
        ],
      }),
    );
    expect(maintenance).toEqual([
      { state: "under way", startsAt: now - 1, endsAt: now + 1, text: "Maintenance" },
      { state: "planned", ...window, text: "A faster search" },
    ]);
  });
});

describe("its settings", () => {
  it("name monitors that there are, and components once", () => {
    const twice = settings({
      components: [
        { name: "Search", monitors: ["search"] },
        { name: "Search", monitors: ["serach"], degraded_by: ["search"] },
      ],
    });
    expect(statusPageMistakes(twice, ["search"])).toEqual([
      {
        path: ["status_page", "components", 1, "name"],
        message: "is the name of an earlier component: Search",
      },
      {
        path: ["status_page", "components", 1, "monitors", 0],
        message: "is no monitor here: there are search",
      },
    ]);
  });

  it("lead nowhere but to web addresses", () => {
    expect(StatusPageSettings.safeParse({ ...settings(), support: "javascript:alert(1)" }).success).toBe(
      false,
    );
  });

  it("are left out by whoever wants no page", () => {
    expect(PlaybookSettings.parse({ version: 1, service: { name: "shop" } }).status_page).toBeUndefined();
  });
});
