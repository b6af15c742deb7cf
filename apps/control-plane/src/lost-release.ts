import {
  atomsItself,
  isGivenUp,
  isProblem,
  neverBegan,
  type ProblemData,
  type Release,
  type RescueOrder,
  releaseLost,
  rescueFailed,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, PlaybookRef } from "./control-plane.js";
import { membersOf } from "./group-members.js";
import { cannotGoOn } from "./problems.js";
import { releaseFlows } from "./release-world.js";

/** Why nobody in this store can go on with a release, as far as this process can see. */
export type Lost = {
  /**
   * `never began`: it was opened, its flow was not started. `not known here`: its flow is of a version that this Atoms does
   * not have. `broken`: its flow came to an end without writing the release's.
   */
  how: "never began" | "not known here" | "broken";
  because: string;
};

/** Says whether a running release is lost, as it looks this moment. */
export async function whyLost(plane: ControlPlane, release: Release): Promise<Lost | undefined> {
  const engine = await plane.engine();
  const flow = await engine.state(release.id);
  switch (flow.state) {
    case "running":
      return undefined;
    case "interrupted":
      return flow.because === undefined ? undefined : { how: "not known here", because: flow.because };
    case "unknown":
      return { how: "never began", because: "its process died before its first step" };
    case "failed":
      if (!isGivenUp(flow.error)) plane.reportBug(`release ${release.id}`, flow.error);
      return {
        how: "broken",
        because: (isProblem(flow.error) ? flow.error.happened : flow.error.message).replace(/\.$/, ""),
      };
    case "done": {
      // Its last step writes the end, so a release that was read before that step only looks lost.
      const { releases } = await plane.store();
      const again = await releases.get(release.id);
      return again?.state === "running"
        ? { how: "broken", because: "its flow ended without writing down how" }
        : undefined;
    }
  }
}

/** How long a command waits for a release whose flow is about to be started, in milliseconds. */
const aMomentMs = 3_000;

/**
 * For a command that is about a running release: if nobody can go on with it, it is brought to safety. On a server that
 * other workers share, one of them may know what this one does not; then that is left to `keepReconciling`, which waits.
 * @returns the release as it is then; it ends by its rescue's flow, or has ended.
 */
export async function endIfLost(plane: ControlPlane, release: Release, ref?: PlaybookRef): Promise<Release> {
  const { kind, releases } = await plane.store();
  const until = plane.clock.monotonic() + aMomentMs;
  for (;;) {
    const lost = await whyLost(plane, release);
    if (lost === undefined || (lost.how === "not known here" && kind === "server")) break;
    if (lost.how !== "never began" || plane.clock.monotonic() >= until) {
      await rescue(plane, release, lost, ref);
      break;
    }
    await plane.clock.sleep(100);
  }
  return (await releases.get(release.id)) ?? release;
}

/** After so many rescues that broke, a person is asked. */
const mostRescues = 5;

/**
 * Gives a lost release's flow up, so that nobody ever acts for it again, and starts the flow that brings traffic to safety
 * and writes the release's end. Safe to repeat, and by several workers at once.
 * @param ref The playbook to use where the release's own cannot be read any more.
 */
export async function rescue(
  plane: ControlPlane,
  release: Release,
  lost: Lost,
  ref?: PlaybookRef,
): Promise<void> {
  const { because } = lost;
  const engine = await plane.engine();
  const members = release.strategy === "group" ? await membersOf(plane, release) : [];
  // The members of a group are releases of their own, and are brought to safety first.
  if (members.some((member) => member.release?.state === "running")) return;
  const given = await engine.giveUp(release.id, because);
  if (given === undefined) return;
  if (release.strategy === "group") return endGroup(plane, release, because);
  const { ledger } = await plane.store();
  const told = await ledger.read({ release: release.id, limit: 2 });
  if (given.input === null && told.length < 2) return endNeverBegan(plane, release);

  const next = await nextRescue(plane, release.id, because);
  if (next === "another is at it") return;
  if (next === "too many") {
    const worse = { happened: `${mostRescues} tries broke.`, fix: "`.atoms/logs/errors.log` says where." };
    return end(plane, release, "unsafe", rescueFailed({ release: release.id, because, worse }).toJSON());
  }
  const playbook = await playbookFor(plane, release, given.input, ref);
  if (playbook === undefined) return;
  const order: RescueOrder = {
    release: release.id,
    service: release.service,
    environment: release.environment,
    platform: release.platform,
    version: release.version,
    startedAt: release.startedAt,
    because,
    ...playbook,
  };
  await engine.start(releaseFlows(plane).rescue, next, order);
}

/** The name of the rescue that is to be started; one that broke, or that this Atoms does not know, is followed by another. */
async function nextRescue(
  plane: ControlPlane,
  release: string,
  because: string,
): Promise<string | "another is at it" | "too many"> {
  const engine = await plane.engine();
  for (let tried = 1; tried <= mostRescues; tried++) {
    const id = tried === 1 ? `${release}/rescue` : `${release}/rescue/${tried}`;
    const flow = await engine.state(id);
    if (flow.state === "unknown") return id;
    if (flow.state === "failed" && !isGivenUp(flow.error))
      plane.reportBug(`the rescue of ${release}`, flow.error);
    if (flow.state === "running" || (flow.state === "interrupted" && flow.because === undefined))
      return "another is at it";
    if (flow.state === "interrupted" && (await engine.giveUp(id, because)) === undefined)
      return "another is at it";
  }
  return "too many";
}

const Started = z.object({ playbook: z.object({ path: z.string(), text: z.string() }), folder: z.string() });

/**
 * The playbook as it was when the release began; where this Atoms cannot read that any more, the one at hand of the same
 * service. Without either the release stays as it is, and says why.
 */
async function playbookFor(
  plane: ControlPlane,
  release: Release,
  input: unknown,
  ref: PlaybookRef | undefined,
): Promise<Pick<RescueOrder, "playbook" | "folder"> | undefined> {
  const { service, environment, platform } = release;
  const started = Started.safeParse(input);
  let because = "the playbook it began with is not written down";
  try {
    if (started.success) {
      const { playbook, folder } = started.data;
      await plane.open({ playbook: playbook.path, platform }, playbook.text);
      return { playbook, folder };
    }
  } catch (error) {
    if (!isProblem(error)) throw error;
    because = error.happened;
  }
  try {
    const path = ref?.playbook ?? (started.success ? started.data.playbook.path : undefined);
    const open = path === undefined ? undefined : await plane.open({ playbook: path, platform });
    if (open?.service === service && open.environment === environment)
      return { playbook: { path: open.file.path, text: open.file.text }, folder: open.sourceFolder };
  } catch (error) {
    if (!isProblem(error)) throw error;
    because = error.happened;
  }
  plane.setStuck(release.id, cannotGoOn({ release: release.id, because }));
  return undefined;
}

async function endNeverBegan(plane: ControlPlane, release: Release): Promise<void> {
  await end(plane, release, "failed", neverBegan({ release: release.id }).toJSON());
}

/** Each member has ended by itself, on a deployment that was good; whether they are all on one side a person must see. */
async function endGroup(plane: ControlPlane, group: Release, because: string): Promise<void> {
  const members = await membersOf(plane, group);
  const moved = members.filter((member) => member.release?.state === "released");
  const traffic =
    moved.length === 0
      ? "No service of the group is on a new version."
      : `On the new version are ${moved.map(({ service }) => service).join(", ")}; the others are where they were.`;
  const problem = releaseLost({ release: group.id, because, traffic }).toJSON();
  const state = moved.length === 0 ? "failed" : "unsafe";
  await end(plane, group, state, problem);
}

async function end(
  plane: ControlPlane,
  release: Release,
  state: "failed" | "unsafe",
  problem: ProblemData,
): Promise<void> {
  const { releases } = await plane.store();
  const endedAt = plane.clock.now();
  await releases.change(release.id, { state, endedAt, because: problem.happened, problem }, [
    {
      key: `${release.id}/ended`,
      kind: "release.ended",
      at: endedAt,
      actor: atomsItself,
      service: release.service,
      environment: release.environment,
      release: release.id,
      data: { state, because: problem.happened, problem: problem.code, ms: endedAt - release.startedAt },
    },
  ]);
}
