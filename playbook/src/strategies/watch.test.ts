import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Look, nextWatchMove, noLooks, tally, type WatchTally } from "./watch.js";

const settings = { duration: 300_000, interval: 10_000, failures: 3, consecutive: 3, measure: true };
const good: Look = { ok: true, saw: "healthy", ms: 3 };
const bad: Look = { ok: false, saw: "GET /health answered 503", ms: 9 };
const after = (...looks: Look[]) => looks.reduce(tally, noLooks);

describe("the watch", () => {
  it.each([
    { given: "nothing seen yet", so: noLooks, elapsed: 0, move: { do: "look" } },
    { given: "nothing seen though the time is over", so: noLooks, elapsed: 300_000, move: { do: "look" } },
    { given: "all good, time not over", so: after(good, good), elapsed: 20_000, move: { do: "look" } },
    { given: "all good, time over", so: after(good, good), elapsed: 300_000, move: { do: "finish" } },
    {
      given: "three scattered failures",
      so: after(bad, good, bad, good, bad, good),
      elapsed: 300_000,
      move: { do: "finish" },
    },
    {
      given: "a fourth failure",
      so: after(bad, good, bad, good, bad, good, bad),
      elapsed: 70_000,
      move: { do: "roll back" },
    },
    {
      given: "three failures in a row",
      so: after(good, bad, bad, bad),
      elapsed: 40_000,
      move: { do: "roll back" },
    },
    { given: "a failure in the last look", so: after(good, bad), elapsed: 300_000, move: { do: "look" } },
  ])("$given → $move.do", ({ so, elapsed, move }) => {
    expect(nextWatchMove(so, settings, elapsed, 0)).toMatchObject(move);
  });

  it("says how many failed, how many are forgiven, and what the last one was", () => {
    expect(nextWatchMove(after(bad, good, bad, good, bad, good, bad), settings, 0, 0)).toEqual({
      do: "roll back",
      because: "4 of 7 looks failed (3 are forgiven), the last: GET /health answered 503",
    });
  });

  it("keeps its rhythm: the pause is counted from the beginning of the last look", () => {
    expect(nextWatchMove(after(good), settings, 10_000, 4_000)).toEqual({ do: "look", afterMs: 6_000 });
    expect(nextWatchMove(after(good), settings, 10_000, 25_000)).toEqual({ do: "look", afterMs: 0 });
  });

  it("always ends: with looks every interval, it finishes or rolls back soon after its time", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (looks) => {
        let so: WatchTally = noLooks;
        for (const [i, ok] of looks.entries()) {
          const move = nextWatchMove(so, settings, i * settings.interval, settings.interval);
          if (move.do !== "look") return;
          so = tally(so, ok ? good : bad);
        }
        throw new Error("the watch went on for twice its time");
      }),
    );
  });
});
