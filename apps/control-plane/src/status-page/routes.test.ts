import type { PublicStatus } from "@atoms/playbook";
import { fakeClock } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { statusRoutes } from "./routes.js";

const status = (at: number, more: Partial<PublicStatus> = {}): PublicStatus => ({
  title: "Shop",
  at,
  state: "up",
  components: [
    { name: "Checkout", state: "up", days: [{ day: "2026-01-05", share: 0.99999 }], share: 0.99999 },
  ],
  incidents: [],
  maintenance: [],
  past: [],
  ...more,
});

describe("the status page while the store is away", () => {
  it("is the last good copy, and says so after a while", async () => {
    const clock = fakeClock();
    let away = false;
    const bugs: string[] = [];
    const app = statusRoutes({ clock, env: {}, reportBug: (doing) => void bugs.push(doing) }, async () => {
      if (away) throw new Error("pg-7.internal does not answer");
      return status(clock.now());
    });
    const page = async () => (await app.request("/status")).text();
    const before = await page();
    expect(before).not.toContain("could not be brought up to date");
    // What was not always up does not say 100.
    expect(before).toContain("99.99 %");
    away = true;
    await clock.advance(60_000);
    expect(await page()).toBe(before);
    await clock.advance(60_001);
    const late = await app.request("/status");
    expect(late.status).toBe(200);
    const text = await late.text();
    expect(text).toContain("could not be brought up to date");
    expect(text).not.toContain("pg-7");
    expect(JSON.parse(await (await app.request("/status.json")).text())).toMatchObject({ late: true });
    expect(bugs.length).toBeGreaterThan(0);
    away = false;
    await clock.advance(15_000);
    expect(await page()).not.toContain("could not be brought up to date");
  });

  it("says that nothing is known before there was one", async () => {
    const clock = fakeClock();
    const app = statusRoutes({ clock, env: {}, reportBug: () => undefined }, () =>
      Promise.reject(new Error("pg-7.internal does not answer")),
    );
    const sent = await app.request("/status");
    expect(sent.status).toBe(503);
    expect(sent.headers.get("retry-after")).toBe("30");
    expect(sent.headers.get("cache-control")).toBe("no-store");
    expect(await sent.text()).not.toContain("pg-7");
    expect((await app.request("/status.json")).status).toBe(503);
  });

  it("goes away at once when the playbook wants none any more", async () => {
    const clock = fakeClock();
    let on = true;
    const app = statusRoutes({ clock, env: {}, reportBug: () => undefined }, async () =>
      on ? status(clock.now()) : undefined,
    );
    expect((await app.request("/status")).status).toBe(200);
    on = false;
    await clock.advance(15_000);
    expect((await app.request("/status")).status).toBe(404);
  });
});

describe("the feed", () => {
  const at = Date.UTC(2026, 0, 5, 12);
  const feed = async (more: Partial<PublicStatus>) => {
    const app = statusRoutes({ clock: fakeClock(), env: {}, reportBug: () => undefined }, async () =>
      status(at, more),
    );
    return (await app.request("/status.atom")).text();
  };

  it("has an entry for each thing that was said, for each end, and for each maintenance", async () => {
    const text = await feed({
      past: [
        {
          key: "a1",
          title: "Slow & bad",
          state: "resolved",
          startedAt: at - 60_000,
          resolvedAt: at,
          updates: [{ at: at - 30_000, state: "identified", text: "We know why" }],
        },
      ],
      maintenance: [{ state: "planned", startsAt: at + 86_400_000, endsAt: at + 90_000_000, text: "Faster" }],
    });
    const titles = [...text.matchAll(/<entry>.*?<title>(.*?)<\/title>/g)].map(([, title]) => title);
    expect(titles.toSorted()).toEqual([
      "Faster: Planned",
      "Slow &amp; bad: Cause found",
      "Slow &amp; bad: Resolved",
    ]);
    const ids = [...text.matchAll(/<id>(.*?)<\/id>/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("stands still while there is no news", async () => {
    expect(await feed({})).toBe(await feed({ at: at + 600_000 }));
  });
});
