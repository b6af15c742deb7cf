import type { LedgerEntry, Release } from "@atoms/playbook";
import { z } from "zod";
import { nobodyWorks } from "../problems.js";
import { releaseCalled } from "../release-now.js";
import { defineVerb } from "./verb.js";

const pollMs = 100;

/**
 * Tells how a release goes: answers as soon as there are events after `after`, or what it is doing has changed, or it
 * has ended, and after `waitMs` in any case. Asked again and again it is a live view.
 */
export const follow = defineVerb({
  name: "follow",
  method: "GET",
  role: "viewer",
  path: "/releases/follow",
  summary: "Wait for news of a release",
  input: z.strictObject({
    release: z.string(),
    after: z.int().min(0).default(0).describe("Only events with a greater place in the ledger."),
    doing: z.string().optional().describe("What the caller believes it is doing."),
    waitMs: z.int().min(0).max(20_000).default(1_000),
  }),
  async run(plane, input): Promise<{ release: Release; events: LedgerEntry[] }> {
    const { ledger } = await plane.store();
    const until = plane.clock.monotonic() + input.waitMs;
    for (;;) {
      const release = await releaseCalled(plane, input.release);
      const stuck = plane.stuck(release.id);
      if (stuck !== undefined) throw stuck;
      const events = await ledger.read({ after: input.after, release: input.release, limit: 500 });
      // Only a process that has opened its engine may be at work on it.
      const left = release.state === "running" && !plane.hasEngine();
      if (left && events.length === 0) throw nobodyWorks({ release: release.id, phase: release.phase });
      const news =
        events.length > 0 || release.state !== "running" || release.activity?.doing !== input.doing;
      if (news || plane.clock.monotonic() >= until) return { release, events };
      await plane.clock.sleep(pollMs);
    }
  },
});
