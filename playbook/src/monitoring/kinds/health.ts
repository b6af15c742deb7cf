import { z } from "zod";
import type { HttpResult } from "../../terms/index.js";
import { judgeHealth } from "../../validation/index.js";
import { addressed, common, defineKind, hasAddress, mostTargets, Path, tenth } from "./kind.js";

export const health = defineKind({
  title: "Healthy",
  why: "Users notice an outage at once; whoever is on call should know before they write.",
  settings: z.strictObject({
    kind: z.literal("health"),
    ...common({ interval: 30_000, timeout: 5_000 }),
    ...addressed,
    path: Path.optional().describe("Path that says how the service is. Left out: that of the smoke checks."),
  }),
  series: [
    "health_check_failed",
    "health_check_error",
    "latency_ms",
    "dns_time",
    "connect_time",
    "tls_time",
    "first_byte_time",
  ],
  limitMs: ({ timeout }) => timeout + 1_000,
  elsewhere: hasAddress,
  async look({ path }, world) {
    const { health: known } = world.plan.smoke;
    const base = known === false ? { path: "/", field: "status", words: [] } : known;
    const asked = { ...base, ...(path === undefined ? {} : { path }) };
    const seen = await Promise.all(
      world.targets.slice(0, mostTargets).map(async (target) => {
        const answer = await world.visit(target).ask({ path: asked.path });
        return { target, answer, judged: judgeHealth(answer, asked) };
      }),
    );
    const broken = seen.filter(({ judged }) => judged.outcome !== "pass");
    const slowest = seen.reduce((a, b) => (b.answer.ms > a.answer.ms ? b : a));
    const values = timesOf(slowest.answer);
    const [first] = broken;
    if (first === undefined) return { outcome: "up", values };
    const many = world.targets.length > 1 ? `${hostOf(first.target.address)}: ` : "";
    const more = broken.length > 1 ? ` (and ${broken.length - 1} more of ${seen.length} hosts)` : "";
    return { outcome: "down", values, because: `${many}${first.judged.saw}${more}` };
  },
});

/** The parts of an exchange, in milliseconds, as far as they were measured. A failure took what it was waited for. */
export function timesOf({ ms, timings = {} }: HttpResult): Record<string, number> {
  const parts = {
    latency_ms: ms,
    dns_time: timings.dnsMs,
    connect_time: timings.connectMs,
    tls_time: timings.tlsMs,
    first_byte_time: timings.firstByteMs,
  };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, tenth(value)]])),
  );
}

const hostOf = (address: string) => new URL(address).host;
