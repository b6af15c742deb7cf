import type { Ending, Release, ReleaseState } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";

/** A release's state in its colour. */
export function stateText(state: ReleaseState, paint: Paint): string {
  const colour = {
    running: paint.cyan,
    released: paint.green,
    "rolled back": paint.yellow,
    failed: paint.red,
    aborted: paint.yellow,
    unsafe: (text: string) => paint.bgRed(paint.white(text)),
  } as const;
  return colour[state](state);
}

/** How a command ends whose release ended so. A rollback by hand that worked is what was asked for. */
export function endingOf(release: Release): Ending {
  switch (release.state) {
    case "released":
      return "done";
    case "rolled back":
      return release.strategy === "rollback" ? "done" : "rolled back";
    case "running":
      return "done";
    case "failed":
      return release.problem?.ending === "refused" || release.problem?.ending === "inconclusive"
        ? release.problem.ending
        : "failed";
    case "aborted":
    case "unsafe":
      return "failed";
  }
}
