import { verbs } from "@atoms/control-plane";
import { expect, it } from "vitest";
import { calls } from "./calls.js";

it.each(Object.entries(calls))("%s is a verb of the control plane", (_, { method, path }) => {
  expect(verbs.filter((verb) => verb.method === method && verb.path === path)).toHaveLength(1);
});
