import type { Release } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";
import { problemText } from "./problem.js";
import { stateText } from "./state.js";
import { howLong } from "./words.js";

/** How a release ended, for people: the state, why, where traffic is, what to do next. */
export function releaseEndText(release: Release, paint: Paint): string {
  const took = release.endedAt === undefined ? "" : ` after ${howLong(release.endedAt - release.startedAt)}`;
  const head = `${stateText(release.state, paint)}${took}`;
  const { problem, because = "" } = release;
  if (problem === undefined) return `${head}: ${because}`;
  // An unsafe end has two reasons, what went wrong and why it could not be taken back; `because` tells both.
  const happened = release.state === "unsafe" ? because : problem.happened;
  return `${head}\n\n${problemText({ ...problem, happened }, paint)}`;
}
