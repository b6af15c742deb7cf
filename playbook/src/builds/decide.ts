import type { Release } from "../terms/index.js";
import type { TriggerSettings } from "./settings.js";

/** What the platform tells of a deployment. */
export type BuildNews = {
  /** The platform's word for it, e.g. deployment.ready. */
  type: string;
  deployment: string;
  /** Built for production, so that it can be released as it is. */
  production: boolean;
  branch?: string;
  /** The release that is written into it, when some Atoms has made it. */
  release?: string;
};

/** What is to be done about such news. */
export type BuildMove = {
  /** What it became, to be written down; null where Atoms made it, or where the news is of no interest. */
  record: "created" | "ready" | "failed" | "cancelled" | null;
  /** Whether it is to be released. */
  release: boolean;
};

const became = new Map<string, NonNullable<BuildMove["record"]>>([
  ["deployment.created", "created"],
  ["deployment.ready", "ready"],
  ["deployment.succeeded", "ready"],
  ["deployment.error", "failed"],
  ["deployment.canceled", "cancelled"],
]);

/**
 * Says what news of a build lead to. What any Atoms has made is never released by it: nothing it does can lead to a release.
 * @param isOurs Whether the store knows the release that is written into the deployment.
 */
export function judgeBuild(news: BuildNews, isOurs: boolean, trigger: TriggerSettings["vercel"]): BuildMove {
  const record = became.get(news.type) ?? null;
  if (record === null || isOurs) return { record: null, release: false };
  const release =
    trigger !== undefined &&
    news.release === undefined &&
    news.production &&
    news.type === trigger.on &&
    isWanted(news.branch, trigger.branch);
  return { record, release };
}

function isWanted(branch: string | undefined, wanted: false | string | string[]): boolean {
  if (wanted === false) return true;
  return branch !== undefined && [wanted].flat().some((pattern) => fits(branch, pattern));
}

/** Whether a branch has a name; * stands for any part of it. */
const fits = (branch: string, pattern: string) =>
  new RegExp(`^${pattern.split(/\*+/).map(literally).join(".*")}$`, "s").test(branch);
const literally = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&");

/** How far the clock of the platform, and its word, may be from the entries of a release, in milliseconds. */
const slackMs = 60_000;

/**
 * Whether it was Atoms that moved production at a time: a release was under way, or somebody acted in an emergency.
 * @param at When it was moved, in milliseconds since the epoch.
 * @param acts When acts of an emergency were written down.
 */
export function movedByAtoms(
  at: number,
  releases: readonly Pick<Release, "startedAt" | "endedAt">[],
  acts: readonly number[],
): boolean {
  return (
    releases.some(
      ({ startedAt, endedAt = Number.POSITIVE_INFINITY }) =>
        at >= startedAt - slackMs && at <= endedAt + slackMs,
    ) || acts.some((act) => Math.abs(act - at) <= slackMs)
  );
}
