import type { ReleaseState } from "../terms/index.js";

/** How one member of a group stands. */
export type MemberEnd = {
  service: string;
  /** How its own release ended. */
  state: Exclude<ReleaseState, "running">;
  because: string;
  /** What became of it when the group went back; left out when nothing had to be done. */
  back?: { done: boolean; because: string };
};

/** Whether the next stage may begin. */
export const mayGoOn = (members: readonly MemberEnd[]): boolean =>
  members.every(({ state }) => state === "released");

/** Those that have to be brought back when the group fails: the released ones, the last one first. */
export const toBringBack = <M extends { state: MemberEnd["state"] }>(members: readonly M[]): M[] =>
  members.filter(({ state }) => state === "released").reverse();

/** How a group ends. */
export type GroupEnd = { state: Exclude<ReleaseState, "running">; because: string };

/**
 * Folds the ends of the members into the group's. All or back: a group in which one failed is `rolled back` only when
 * every other is back where it was; if that is not so for a single one, it is `unsafe` and a person must look.
 * @param aborted Who ended it and why, when a person did.
 */
export function groupEnd(members: readonly MemberEnd[], aborted: string | undefined): GroupEnd {
  const bad = members.filter(({ state }) => state !== "released");
  if (bad.length === 0 && aborted === undefined && members.every(({ back }) => back === undefined))
    return {
      state: "released",
      because: `all of ${members.map(({ service }) => service).join(", ")} are released`,
    };
  const why =
    bad.length > 0
      ? bad.map(({ service, state, because }) => `${service} is ${state}: ${because}`).join("; ")
      : (aborted ?? "");
  const doubtful = [
    ...members.filter(({ state }) => state === "unsafe").map(({ service }) => service),
    ...members
      .filter(({ back }) => back?.done === false)
      .map(({ service, back }) => `${service} (${back?.because})`),
    // A member that was released and never brought back at all.
    ...members
      .filter(({ state, back }) => state === "released" && back === undefined)
      .map(({ service }) => service),
  ];
  if (doubtful.length > 0)
    return { state: "unsafe", because: `${why}. Not proven to be back: ${doubtful.join(", ")}` };
  const moved = members.some(({ state, back }) => back !== undefined || state === "rolled back");
  if (moved) return { state: "rolled back", because: why };
  return {
    state: aborted !== undefined || bad.some(({ state }) => state === "aborted") ? "aborted" : "failed",
    because: why,
  };
}
