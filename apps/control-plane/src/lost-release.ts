import { atomsItself, neverBegan, type ProblemData, type Release, releaseLost } from "@atoms/playbook";
import type { ControlPlane } from "./control-plane.js";

/** How long a release may be without a flow: it is opened first, and its flow is started right after. */
const patienceMs = 3_000;

/**
 * Ends a release that nobody can ever go on with, so that it does not hold its environment for ever: its process died
 * before the flow was started, the flow broke, or this Atoms no longer knows flows of its kind. If its traffic may have
 * moved it ends as unsafe, and says that a person must look.
 * @returns The release as it is then; unchanged when somebody works on it or can.
 */
export async function endIfLost(plane: ControlPlane, release: Release): Promise<Release> {
  const because = await whyLost(plane, release.id);
  if (because === undefined) return release;
  const { ledger, releases } = await plane.store();
  const told = await ledger.read({ release: release.id, limit: 10_000 });
  const moved = told.some(
    ({ kind, data }) =>
      kind.startsWith("traffic.") ||
      kind === "rollback.decided" ||
      (kind === "group.member" && data["state"] === "released"),
  );
  const serves = release.previous?.id;
  const traffic = moved
    ? `Traffic may be on ${release.candidate?.id ?? "its deployment"}.`
    : `No traffic was moved${serves === undefined ? "" : `: production serves ${serves}`}.`;
  const problem: ProblemData =
    because === ""
      ? neverBegan({ release: release.id }).toJSON()
      : releaseLost({ release: release.id, because, traffic }).toJSON();
  const endedAt = plane.clock.now();
  const state = moved ? "unsafe" : "failed";
  return releases.change(release.id, { state, endedAt, because: problem.happened, problem }, [
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

/** Why nobody will ever go on with it: "" when it was never started; undefined when somebody can. */
async function whyLost(plane: ControlPlane, id: string): Promise<string | undefined> {
  const engine = await plane.engine();
  const until = plane.clock.monotonic() + patienceMs;
  for (;;) {
    const flow = await engine.state(id);
    switch (flow.state) {
      case "running":
      case "done":
        return undefined;
      case "interrupted":
        return flow.because;
      case "failed":
        plane.reportBug(`release ${id}`, flow.error);
        return flow.error.message;
      case "unknown":
        if (plane.clock.monotonic() >= until) return "";
        await plane.clock.sleep(100);
    }
  }
}
