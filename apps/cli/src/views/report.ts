import type { Release } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { stateText } from "./state.js";
import { howLong } from "./words.js";

/** How a release ended, for people: the state, why, what to do next. */
export function releaseEndText(release: Release, paint: Paint): string {
  const took = release.endedAt === undefined ? "" : ` after ${howLong(release.endedAt - release.startedAt)}`;
  const head = `${stateText(release.state, paint)}${took}: ${release.because ?? ""}`;
  if (release.state === "released" || release.problem === undefined) return head;
  return `${head}\n\n${problemText(release.problem, paint)}`;
}
