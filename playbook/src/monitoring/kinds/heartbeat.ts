import { z } from "zod";
import { Duration, formatDuration, PositiveDuration } from "../../terms/index.js";
import type { Heartbeat } from "../ports.js";
import { common, defineKind, type Look } from "./kind.js";

export const heartbeat = defineKind({
  title: "Gives a sign of life",
  why: "A nightly job that has stopped makes no noise: nobody misses a backup until it is wanted.",
  settings: z.strictObject({
    kind: z.literal("heartbeat"),
    ...common({ interval: 30_000, timeout: 5_000, failures: 1, successes: 1 }),
    expected_every: PositiveDuration.refine((ms) => ms >= 10_000, { error: "expected at least 10s" })
      .default(86_400_000)
      .describe(
        "A sign of life is expected so often: `atoms monitor ping <name>`, or a request to its address.",
      ),
    grace: Duration.default(300_000).describe("How late a sign of life may be before it is missed."),
  }),
  series: ["heartbeat_missed", "heartbeat_age"],
  limitMs: ({ timeout }) => timeout,
  elsewhere: () => true,
  async look(settings, world) {
    // Nobody was there to hear while no look was made; what could not be heard is not missed.
    const deafAfterMs = 3 * settings.interval + 60_000;
    return judgeHeartbeat(await world.heartbeat(deafAfterMs), settings, world.at);
  },
});

/** Judges the last sign of life. */
export function judgeHeartbeat(
  { listeningSince, last }: Heartbeat,
  { expected_every, grace }: { expected_every: number; grace: number },
  at: number,
): Look {
  const age = at - Math.max(listeningSince, last?.at ?? 0);
  const values = { heartbeat_age: Math.max(0, age) };
  if (last?.ok === false)
    return { outcome: "down", values, because: `It reported a failure${said(last.message)}.` };
  if (age <= expected_every + grace) return { outcome: "up", values };
  const wanted = `one is expected every ${formatDuration(expected_every)}`;
  const since = last === undefined ? "has come yet" : `has come for ${inWords(at - last.at)}`;
  return { outcome: "down", values, because: `No sign of life ${since}; ${wanted}.` };
}

const said = (message: string | undefined) =>
  message === undefined || message === "" ? "" : `: ${message.replace(/[.\s]+$/, "")}`;
const inWords = (ms: number) => formatDuration(Math.max(1_000, Math.floor(ms / 1_000) * 1_000));
