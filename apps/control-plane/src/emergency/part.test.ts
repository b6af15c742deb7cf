import { defineProblem } from "@atoms/playbook";
import { fakeClock } from "@atoms/testkit";
import { describe, expect, it } from "vitest";
import { part } from "./part.js";

const broken = defineProblem({
  code: "ATM-999",
  title: "Broken",
  happened: () => "The token s3cret was refused.",
  fix: () => "Mend it.",
});

describe("one part of a look", () => {
  it("that never answers is dead when its time is up, and is told to stop", async () => {
    const clock = fakeClock(0);
    let stopped = false;
    const looking = part(clock, 1_900, (signal) => {
      signal.addEventListener("abort", () => {
        stopped = true;
      });
      return new Promise<never>(() => undefined);
    });
    await clock.advance(1_899);
    await clock.advance(1);
    expect(await looking).toEqual({ is: "dead", because: "no answer within 1.9 s", ms: 1_900 });
    expect(stopped).toBe(true);
  });

  it("that fails says why, without its secrets", async () => {
    const hide = (text: string) => text.replace("s3cret", "(token)");
    const failing = await part(fakeClock(0), 100, () => Promise.reject(broken()), hide);
    expect(failing).toMatchObject({ is: "dead", because: "The token (token) was refused" });
  });

  it("that answers is seen", async () => {
    expect(await part(fakeClock(0), 100, async () => 7)).toEqual({ is: "seen", value: 7, ms: 0 });
  });
});
