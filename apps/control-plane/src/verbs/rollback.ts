import { type Release, type RollbackByHandOrder, rollbackOf, startedEvent } from "@atoms/playbook";
import { z } from "zod";
import { newReleaseId, versionAt } from "../release-id.js";
import { releaseFlows } from "../release-world.js";
import { sendAbort } from "./abort.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/**
 * Rolls production back. When a release is under way it is aborted instead, which brings traffic back by itself if any
 * has moved: a rollback is never queued behind a release's own steps. Answers at once; `follow` tells how it goes.
 */
export const rollback = defineVerb({
  name: "rollback",
  method: "POST",
  role: "operator",
  path: "/rollbacks",
  summary: "Point production back at a deployment that was proven good",
  input: z.strictObject({
    ...playbookRef,
    to: z
      .string()
      .min(1)
      .optional()
      .describe("Deployment id or host; the last one proven good when left out."),
    because: z.string().min(1).default("asked for by hand"),
  }),
  async run(plane, input, actor): Promise<{ release: Release; how: "rollback" | "abort" }> {
    const open = await plane.open(input);
    const { releases } = await plane.store();
    const running = await releases.running(open.service, open.environment);
    if (running !== undefined && running.strategy !== "rollback" && input.to === undefined) {
      return { release: await sendAbort(plane, running, actor, input.because, input), how: "abort" };
    }
    const startedAt = plane.clock.now();
    const platform = await open.platform();
    const target =
      input.to === undefined ? undefined : ((await platform.deployment(input.to))?.id ?? input.to);
    const order: RollbackByHandOrder = {
      release: newReleaseId(startedAt),
      service: open.service,
      environment: open.environment,
      platform: open.platformName,
      actor,
      startedAt,
      playbook: { path: input.playbook, text: open.file.text },
      folder: open.sourceFolder,
      because: input.because,
      ...(target === undefined ? {} : { to: target }),
    };
    const release = await releases.open(rollbackOf(order, versionAt(startedAt)), [startedEvent(order)]);
    const engine = await plane.engine();
    await engine.start(releaseFlows(plane).rollback, order.release, order);
    return { release, how: "rollback" };
  },
});
