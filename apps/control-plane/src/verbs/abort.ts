import { type Actor, type Command, commandSignal, nothingRunning, type Release } from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { membersOf } from "../group-members.js";
import { endIfLost } from "../lost-release.js";
import { releaseCalled } from "../release-now.js";
import { playbookRef } from "./playbook-ref.js";
import { runningRelease } from "./running-release.js";
import { defineVerb } from "./verb.js";

/** Ends a running release safely: before traffic moved nothing changes, after it the release goes back by itself. */
export const abort = defineVerb({
  name: "abort",
  method: "POST",
  role: "operator",
  path: "/releases/abort",
  summary: "End the running release safely",
  input: z.strictObject({
    ...playbookRef,
    release: z.string().optional().describe("The running one when left out."),
    because: z.string().min(1).default("asked for by hand"),
  }),
  async run(plane, input, actor): Promise<Release> {
    if (input.release !== undefined) {
      const release = await releaseCalled(plane, input.release);
      if (release.state !== "running") throw nothingRunning(release);
      return sendAbort(plane, release, actor, input.because, input);
    }
    const { running, of } = await runningRelease(plane, input);
    if (running === undefined) throw nothingRunning(of);
    return sendAbort(plane, running, actor, input.because, input);
  },
});

/**
 * Sends the abort, to the members of a group too: the group hears of it when they have ended.
 */
export async function sendAbort(
  plane: ControlPlane,
  release: Release,
  actor: Actor,
  because: string,
  ref: PlaybookRef,
): Promise<Release> {
  const aborted = await abortOne(plane, release, actor, because, ref);
  if (release.strategy !== "group") return aborted;
  for (const { release: member } of await membersOf(plane, release))
    if (member?.state === "running") await abortOne(plane, member, actor, because, ref);
  return aborted;
}

/** Sends the abort, wakes a release that nobody runs, and cuts short the step in hand. */
async function abortOne(
  plane: ControlPlane,
  release: Release,
  actor: Actor,
  because: string,
  ref: PlaybookRef,
): Promise<Release> {
  const engine = await plane.engine();
  const command: Command = { do: "abort", by: actor.name, because };
  const { ledger } = await plane.store();
  const at = plane.clock.now();
  await ledger.append([
    {
      key: `${release.id}/abort/${at}`,
      kind: "abort.asked",
      at,
      actor,
      service: release.service,
      environment: release.environment,
      release: release.id,
      data: { because },
    },
  ]);
  await engine.signal(release.id, commandSignal, command);
  plane.interrupt(release.id);
  await engine.resume();
  return endIfLost(plane, release, ref);
}
