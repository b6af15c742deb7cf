import { expect, it } from "vitest";
import { inWords } from "./decisions.js";

const at = Date.UTC(2026, 10, 28, 18, 51, 38);

it.each([
  {
    kind: "monitor.down",
    data: { monitor: "health", because: "/health answered 500", since: at },
    says: "the monitor health is down: /health answered 500",
  },
  { kind: "monitor.up", data: { monitor: "health", since: at }, says: "the monitor health is up again" },
  { kind: "deployment.proven", data: { deployment: "dpl_1" }, says: "dpl_1 was proven good" },
  {
    kind: "something.new",
    data: { of: "shop", since: at, count: 12, list: ["a", "b"], deep: { a: 1 }, none: null },
    says: "of shop · since 2026-11-28 18:51 UTC · count 12 · list a, b",
  },
])("an entry $kind is told in words", ({ kind, data, says }) => {
  expect(inWords({ kind, data, at })).toBe(says);
});
