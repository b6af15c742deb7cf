import { defineLook } from "../check.js";
import type { WayBackState } from "../ports.js";

/** Before leaving, know where to return to. */
export const wayBack = defineLook<WayBackState>({
  name: "way-back",
  title: "There is a way back",
  wanted: (settings) => settings.way_back,
  measure: ({ ports, signal }) => ports.wayBack(signal),
  judge: ({ current, proven, moving, shifting }) => {
    if (moving !== undefined)
      return {
        outcome: "fail",
        saw: `The platform is still carrying out a ${moving.kind} to ${moving.to}.`,
        fix: "Wait until it is done (`atoms status`), then start again.",
        evidence: { moving: moving.to },
      };
    if (shifting !== undefined)
      return {
        outcome: "fail",
        saw: `A rolling release to ${shifting.to}, which has ${Math.round(shifting.share * 100)} % of the traffic, is under way and not of this release.`,
        fix: "Find out whose it is; when it is completed or rolled back, start again.",
        evidence: { shifting: shifting.to },
      };
    if (current === undefined)
      return {
        outcome: "warn",
        saw: "This is the first release: nothing to return to.",
        fix: "Nothing needs doing; if it fails, the service has no earlier version to serve.",
      };
    if (current.state === "ready")
      return {
        outcome: "pass",
        saw: `Production serves ${current.version ?? current.id}, which is ready.`,
        evidence: { current: current.id, proven: proven?.id ?? null },
      };
    const seen = `Production's deployment ${current.version ?? current.id} is ${current.state}`;
    const evidence = { current: current.id, state: current.state, proven: proven?.id ?? null };
    if (proven !== undefined && proven.state === "ready" && proven.id !== current.id)
      return {
        outcome: "warn",
        saw: `${seen}; a rollback would go to ${proven.version ?? proven.id}, which was proven good before.`,
        fix: `Look at ${current.id} with \`atoms logs ${current.id}\`.`,
        evidence,
      };
    return {
      outcome: "fail",
      saw: `${seen}, and no earlier deployment was proven good.`,
      fix: "Put a working deployment in production with `atoms rollback <deployment>`, or set preflight.way_back: false if this release is the repair.",
      evidence,
    };
  },
});
