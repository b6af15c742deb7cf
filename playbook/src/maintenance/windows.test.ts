import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wallTimeAt } from "../terms/index.js";
import { MaintenanceWindow } from "./settings.js";
import { dueWindows, nextWindows, windowNotices } from "./windows.js";

const hour = 3_600_000;
const at = (text: string) => Date.parse(text);
const window = (more: object) => MaintenanceWindow.parse({ name: "night", at: "02:30", for: "1h", ...more });
const berlin = window({ days: ["sun"], time_zone: "Europe/Berlin" });
const starts = (windows: readonly MaintenanceWindow[], after: string, count: number) =>
  nextWindows(windows, [], at(after), count).map(({ startsAt }) =>
    new Date(startsAt).toISOString().slice(0, 16),
  );

describe("the windows to come", () => {
  it("keep to the clocks of their zone over a change of them", () => {
    // Clocks go forward on 2026-03-29 at 02:00 and skip 02:30; they go back on 2026-10-25 at 03:00 and show it twice.
    expect(starts([berlin], "2026-03-20T00:00Z", 3)).toEqual([
      "2026-03-22T01:30",
      "2026-03-29T01:30",
      "2026-04-05T00:30",
    ]);
    expect(starts([berlin], "2026-10-17T12:00Z", 3)).toEqual([
      "2026-10-18T00:30",
      "2026-10-25T00:30",
      "2026-11-01T01:30",
    ]);
  });

  it("last as long as they are said to, also when clocks change in them", () => {
    const [, inside] = nextWindows(
      [window({ for: "4h", days: ["sun"], time_zone: "Europe/Berlin" })],
      [],
      at("2026-03-20T00:00Z"),
      2,
    );
    expect((inside?.endsAt ?? 0) - (inside?.startsAt ?? 0)).toBe(4 * hour);
  });

  it("come in order, whichever window they are of, with the tasks of the playbook or their own", () => {
    const own = window({ name: "noon", at: "12:00", tasks: ["index"] });
    const found = nextWindows([own, window({})], ["vacuum", "index"], at("2026-01-01T00:00Z"), 4);
    expect(found.map(({ name, tasks }) => [name, ...tasks])).toEqual([
      ["night", "vacuum", "index"],
      ["noon", "index"],
      ["night", "vacuum", "index"],
      ["noon", "index"],
    ]);
  });

  const zone = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "Pacific/Apia",
  );
  const moment = fc.integer({ min: at("2024-01-01T00:00Z"), max: at("2030-01-01T00:00Z") });
  const clock = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);

  it("ten of them, in any zone: each a day on, at the wall's time or as much later as clocks jumped", () => {
    fc.assert(
      fc.property(zone, moment, clock, (time_zone, after, time) => {
        const found = nextWindows([window({ at: time, time_zone })], [], after, 10);
        expect(found).toHaveLength(10);
        let before = after;
        for (const { startsAt } of found) {
          expect(startsAt).toBeGreaterThan(before);
          if (before !== after) expect(Math.abs(startsAt - before - 24 * hour)).toBeLessThanOrEqual(2 * hour);
          before = startsAt;
          const wall = wallTimeAt(startsAt, time_zone);
          const [h = 0, m = 0] = time.split(":").map(Number);
          const late = (wall.hour * 60 + wall.minute - (h * 60 + m) + 1_440) % 1_440;
          expect(late).toBeLessThanOrEqual(60);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("one that has begun is the one that was to come, for any moment of it and no longer", () => {
    fc.assert(
      fc.property(
        zone,
        moment,
        clock,
        fc.integer({ min: 0, max: 3 * hour }),
        (time_zone, after, time, later) => {
          const one = window({ at: time, time_zone, for: "2h", within: "1h" });
          const [next] = nextWindows([one], [], after, 1);
          const startsAt = next?.startsAt ?? 0;
          const due = dueWindows([one], [], startsAt + later);
          expect(due.map((found) => found.startsAt)).toEqual(later <= hour ? [startsAt] : []);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("what is told before", () => {
  const place = { service: "shop", environment: "production", channels: ["#deployments", "#status"] };
  const daily = window({ announce: ["24h", "1h"] });
  const told = (now: string) =>
    windowNotices([daily], place, at(now)).map(({ key }) => key.split("/").slice(3).join("/"));

  it("is each time once, by its key, and only the nearest by whoever comes late", () => {
    const first = told("2026-01-05T12:00Z");
    expect(first).toHaveLength(2);
    expect(told("2026-01-05T20:00Z")).toEqual(first);
    const second = told("2026-01-06T01:40Z");
    expect(second).toHaveLength(2);
    expect(second).not.toEqual(first);
  });

  it("says when, for how long, and why", () => {
    const [notice] = windowNotices([window({ because: "vacuum." })], place, at("2026-01-06T01:40Z"));
    expect(notice?.text).toBe(
      "Maintenance of shop in production is planned for 2026-01-06 02:30 UTC, for 1h at the most: vacuum.",
    );
  });

  it("is nothing when nothing is to be told, or it is not time yet", () => {
    expect(windowNotices([window({ announce: [] })], place, at("2026-01-06T01:40Z"))).toEqual([]);
    expect(windowNotices([window({ announce: ["10m"] })], place, at("2026-01-06T01:40Z"))).toEqual([]);
  });
});
