import type { Release } from "../terms/index.js";

/** What a check on the platform says of a release. */
export type CheckWord = {
  status: "running" | "completed";
  /** Only of a completed one. */
  conclusion?: "succeeded" | "failed" | "canceled";
  /** A sentence for people. */
  text: string;
};

/** A run of a check, as the platform has it. */
export type CheckRunSeen = {
  id: string;
  status: "queued" | "running" | "completed";
  conclusion?: string;
  /** The release that it is about; none where the platform has begun it by itself. */
  release?: string;
};

/** What is to be done so that the platform shows a word: nothing, say it in runs that are there, or begin a run first. */
export type CheckMove = { do: "nothing" } | { do: "say"; runs: readonly string[] } | { do: "begin" };

/** How long after its end a release is still told of, in milliseconds: the platform, or Atoms, may have been away. */
export const tellForMs = 24 * 3_600_000;

const longestText = 200;
/** What ships nothing new, or several things at once, is no word about one deployment. */
const ships = new Set<Release["strategy"]>(["standard", "blue-green", "canary"]);

/** What the platform is to show of a release. @returns undefined when there is nothing to show, or nobody to show it beside. */
export function checkWordOf(release: Release, now: number): CheckWord | undefined {
  if (!ships.has(release.strategy) || release.candidate === undefined) return undefined;
  if (release.endedAt !== undefined && now - release.endedAt > tellForMs) return undefined;
  const completed = (conclusion: "succeeded" | "failed" | "canceled", text: string): CheckWord => ({
    status: "completed",
    conclusion,
    text: short(text),
  });
  const because = release.because === undefined ? "" : `: ${release.because}`;
  switch (release.state) {
    case "running":
      // The platform begins runs by itself when a deployment is built: then there is one to take.
      if (release.phase === "deploy") return undefined;
      return { status: "running", text: short(`${release.version} is being released`) };
    case "released":
      return completed("succeeded", `${release.version} was released and passed its watch`);
    case "rolled back":
      return completed("failed", `${release.version} was taken back${because}`);
    case "failed":
      return completed("failed", `${release.version} was not released${because}`);
    case "aborted":
      return completed("canceled", `${release.version} was aborted${because}`);
    case "unsafe":
      return completed("failed", `${release.version} ended without proof of where traffic is${because}`);
  }
}

/**
 * Says what makes the platform show a word. Asking twice is safe: what a process did that died before it could note it is
 * found among the runs.
 * @param runs The runs of Atoms' check beside the deployment.
 */
export function checkMove(runs: readonly CheckRunSeen[], release: string, word: CheckWord): CheckMove {
  const own = runs.filter((run) => run.release === release);
  const says = (run: CheckRunSeen) => run.status === word.status && run.conclusion === word.conclusion;
  const open = (run: CheckRunSeen) => run.status !== "completed";
  // The platform may have begun one besides, and two control planes one each: none is left open.
  const late = runs.filter(
    (run) => open(run) && !says(run) && (run.release === undefined || run.release === release),
  );
  if (late.length > 0) return { do: "say", runs: late.map(({ id }) => id) };
  // One whose time ran out on the platform says so for good: another one follows.
  return own.some(says) ? { do: "nothing" } : { do: "begin" };
}

const short = (text: string) => (text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`);
