import { z } from "zod";
import { smokeChecks } from "../../validation/index.js";
import { addressed, common, defineKind, firstTarget, hasAddress, Path, tenth } from "./kind.js";

/** What is asked, by the smoke check that asks it, and how its time is called. */
const questions = {
  "mcp-handshake": "handshake_time",
  "mcp-catalogue": "catalogue_time",
  "mcp-call": "call_time",
};

export const mcp = defineKind({
  title: "Speaks MCP",
  why: "A health path may answer while no client gets a tool to work, and one protocol generation may work without the other.",
  settings: z.strictObject({
    kind: z.literal("mcp"),
    ...common({ interval: 60_000, timeout: 10_000 }),
    ...addressed,
    path: Path.optional().describe(
      "The MCP endpoint. Left out: that of `validation.smoke.mcp`, which also says which generations, tools and call are meant.",
    ),
  }),
  series: ["latency_ms"],
  limitMs: ({ timeout }) => 3 * timeout,
  elsewhere: hasAddress,
  async look({ path }, world) {
    const set = world.plan.smoke.mcp;
    if (set === false) throw new Error("validation.smoke.mcp is false");
    // One call a look: the next look is the next call.
    const asked = {
      ...set,
      ...(path === undefined ? {} : { path }),
      call: set.call === false ? (false as const) : { ...set.call, calls: 1 },
    };
    const plan = { ...world.plan, smoke: { ...world.plan.smoke, mcp: asked } };
    const visit = world.visit(firstTarget(world), plan);
    const values: Record<string, number> = {};
    const began = world.clock.monotonic();
    const total = () => ({ ...values, latency_ms: tenth(world.clock.monotonic() - began) });
    for (const [name, metric] of Object.entries(questions)) {
      const check = smokeChecks.find((one) => one.name === name);
      if (check === undefined || !check.wanted(plan.smoke)) continue;
      const start = world.clock.monotonic();
      const seen = await check.run(visit);
      values[metric] = tenth(world.clock.monotonic() - start);
      if (seen.outcome === "fail" || seen.outcome === "error")
        return { outcome: "down", values: total(), because: visit.redact(seen.saw) };
    }
    return { outcome: "up", values: total() };
  },
});
