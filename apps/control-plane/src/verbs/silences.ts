import { randomBytes } from "node:crypto";
import {
  matcherUnreadable,
  matches,
  noSuchSilence,
  readMatcher,
  type Silence,
  silenceEvent,
  silenceOver,
  silencesEverything,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane } from "../control-plane.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const longestMs = 30 * 86_400_000;
const length = z
  .int()
  .min(1_000)
  .max(longestMs)
  .describe("How long, in milliseconds; at most 30 days, so that nothing stays quiet for ever by mistake.");

/** Silences in force or to come, or with `all` also those that have ended. */
export const listSilences = defineVerb({
  name: "list silences",
  method: "GET",
  role: "viewer",
  path: "/silences",
  summary: "List silences",
  input: z.strictObject({
    ...playbookRef,
    all: z.boolean().default(false),
    limit: z.int().min(1).max(20_000).default(100),
  }),
  async run(plane, input): Promise<Silence[]> {
    const { service, environment } = await plane.open(input);
    const { alerts } = await plane.store();
    const now = plane.clock.now();
    const found = input.all
      ? await alerts.pastSilences({ service, environment, limit: input.limit })
      : (await alerts.silences(service, environment)).filter(({ endsAt }) => endsAt > now);
    return found.slice(0, input.limit);
  },
});

/** Keeps alerts quiet for a while. They are evaluated all the same. */
export const addSilence = defineVerb({
  name: "add silence",
  method: "POST",
  role: "operator",
  path: "/silences",
  summary: "Keep matching alerts quiet for a while",
  input: z.strictObject({
    ...playbookRef,
    matchers: z.array(z.string()).min(1).max(20).describe("Labels, e.g. rule=high_latency."),
    for: length,
    comment: z.string().min(1).max(500),
  }),
  async run(plane, input, actor): Promise<Silence> {
    const { service, environment } = await plane.open(input);
    const matchers = input.matchers.map((given) => {
      const matcher = readMatcher(given);
      if (matcher === undefined) throw matcherUnreadable({ given });
      return matcher;
    });
    // An alert without labels matches only what asks for nothing.
    if (
      matches(matchers, {}) &&
      matches(matchers, { rule: "x", severity: "x", monitor: "x", service, environment })
    )
      throw silencesEverything();
    const now = plane.clock.now();
    const silence: Silence = {
      id: `sil_${now.toString(36)}${randomBytes(2).toString("hex")}`,
      service,
      environment,
      matchers,
      comment: input.comment,
      source: { kind: "person", id: actor.name },
      startsAt: now,
      endsAt: now + input.for,
    };
    await write(
      plane,
      silence,
      silenceEvent("silence.added", silence, now, { comment: input.comment }, actor),
    );
    return silence;
  },
});

/** Ends a silence before its time. */
export const expireSilence = defineVerb({
  name: "expire silence",
  method: "POST",
  role: "operator",
  path: "/silences/expire",
  summary: "End a silence now",
  input: z.strictObject({ silence: z.string().min(1) }),
  async run(plane, input, actor): Promise<Silence> {
    const { standing, now } = await inForceOrRefuse(plane, input.silence);
    const ended: Silence = { ...standing, endedAt: now, endsAt: Math.min(standing.endsAt, now) };
    await write(
      plane,
      ended,
      silenceEvent("silence.ended", standing, now, { because: `ended by ${actor.name}` }, actor),
    );
    return ended;
  },
});

/** Lets a silence last longer: its end is counted from now, and people are reminded of it anew. */
export const extendSilence = defineVerb({
  name: "extend silence",
  method: "POST",
  role: "operator",
  path: "/silences/extend",
  summary: "Let a silence last longer, counted from now",
  input: z.strictObject({ silence: z.string().min(1), for: length }),
  async run(plane, input, actor): Promise<Silence> {
    const { standing, now } = await inForceOrRefuse(plane, input.silence);
    const { remindedAt: _before, ...rest } = standing;
    const extended: Silence = { ...rest, endsAt: now + input.for };
    await write(
      plane,
      extended,
      silenceEvent("silence.extended", extended, now, { before: standing.endsAt }, actor),
    );
    return extended;
  },
});

async function inForceOrRefuse(plane: ControlPlane, id: string) {
  const { alerts } = await plane.store();
  const standing = await alerts.getSilence(id);
  if (standing === undefined) throw noSuchSilence({ silence: id });
  const now = plane.clock.now();
  if (standing.endedAt !== undefined || standing.endsAt <= now) throw silenceOver({ silence: id });
  return { standing, now };
}

async function write(
  plane: ControlPlane,
  silence: Silence,
  event: ReturnType<typeof silenceEvent>,
): Promise<void> {
  const { alerts } = await plane.store();
  await alerts.commit({ alerts: [], silences: [silence], notices: [], events: [event] });
}
