import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { anySignal } from "./any-signal.js";

it("fires with the first of those it follows, for the same reason, and once", () => {
  const [a, b] = [new AbortController(), new AbortController()];
  const { signal } = anySignal(a.signal, b.signal);
  let times = 0;
  signal.addEventListener("abort", () => times++);
  expect(signal.aborted).toBe(false);
  b.abort("second");
  a.abort("first");
  expect([signal.aborted, signal.reason, times]).toEqual([true, "second", 1]);
});

it("fires at once when one has fired already", () => {
  expect(anySignal(new AbortController().signal, AbortSignal.abort("before")).signal.reason).toBe("before");
});

it("follows no more once it is let go, while others go on following", () => {
  const source = new AbortController();
  const [left, stays] = [anySignal(source.signal), anySignal(source.signal)];
  left.release();
  left.release();
  source.abort();
  expect([left.signal.aborted, stays.signal.aborted]).toEqual([false, true]);
});

it("may be let go, and others begin to follow, while its source fires", () => {
  const source = new AbortController();
  const [first, second] = [anySignal(source.signal), anySignal(source.signal)];
  let late: AbortSignal | undefined;
  first.signal.addEventListener("abort", () => {
    first.release();
    second.release();
    late = anySignal(source.signal).signal;
  });
  source.abort("over");
  expect(late?.reason).toBe("over");
});

it("leaves one listener with a source that thousands follow, and none when they are over", () => {
  const { signal } = new AbortController();
  const all = Array.from({ length: 5_000 }, () => anySignal(signal, new AbortController().signal));
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  for (const one of all) one.release();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
