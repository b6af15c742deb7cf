import { fakeClock } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { keepCopy } from "./copy.js";

const times = { freshMs: 15_000, patienceMs: 1_000, firstPatienceMs: 8_000, giveUpMs: 30_000 };

/** A source that answers when the test says so. */
function aSource() {
  const asked: { give(value: string): void; fail(): void }[] = [];
  const read = () =>
    new Promise<string>((resolve, reject) => {
      asked.push({ give: resolve, fail: () => reject(new Error("the store is away")) });
    });
  return { asked, read };
}
function aCopy() {
  const clock = fakeClock();
  const failures: string[] = [];
  const source = aSource();
  const get = keepCopy(clock, times, source.read, (error) => failures.push((error as Error).message));
  const value = async () => (await get())?.value;
  return { clock, failures, value, ...source };
}

describe("the kept copy", () => {
  it("is read once for all who ask, and again when it is no longer fresh", async () => {
    const { clock, asked, value } = aCopy();
    const many = Array.from({ length: 50 }, value);
    expect(asked).toHaveLength(1);
    asked[0]?.give("one");
    expect(new Set(await Promise.all(many))).toEqual(new Set(["one"]));
    await clock.advance(14_999);
    expect(await value()).toBe("one");
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    const next = value();
    asked[1]?.give("two");
    expect(await next).toBe("two");
  });

  it("is the last good one while reading fails or takes long, and nobody waits for long", async () => {
    const { clock, asked, value, failures } = aCopy();
    const first = value();
    asked[0]?.give("one");
    await first;
    await clock.advance(15_000);
    const failing = value();
    asked[1]?.fail();
    expect(await failing).toBe("one");
    expect(failures).toEqual(["the store is away"]);
    const slow = value();
    await clock.advance(1_000);
    expect(await slow).toBe("one");
    // A reading that hangs is given up, and one that comes after a newer one changes nothing.
    await clock.advance(30_000);
    const after = value();
    expect(asked).toHaveLength(4);
    asked[3]?.give("four");
    expect(await after).toBe("four");
    asked[2]?.give("three");
    expect(await value()).toBe("four");
    expect(failures).toHaveLength(2);
    expect(clock.sleepers).toBe(0);
  });

  it("is not there before the first reading, and whoever asks is told so in time", async () => {
    const { clock, asked, value } = aCopy();
    const first = value();
    await clock.advance(8_000);
    expect(await first).toBeUndefined();
    asked[0]?.give("one");
    expect(await value()).toBe("one");
  });
});
