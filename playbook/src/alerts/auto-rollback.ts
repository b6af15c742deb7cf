import { formatDuration, type Release } from "../terms/index.js";
import type { Alert } from "./model.js";

/** What `auto_rollback` may do: end the release under way, take back the one that just ended, or nothing. */
export type RollbackMove =
  | { do: "abort"; release: string; because: string }
  | { do: "rollback"; release: string; because: string }
  | { do: "refuse"; release?: string; because: string };

/**
 * Where a released release is taken back to. It is bound to what that release put in front of users: when production
 * serves something else by now, going back would take back what nobody complained of.
 * @param serving Deployment that production serves, as the platform says.
 * @param back The way back, or why there is none.
 */
export function takenBackTo(
  release: Pick<Release, "id" | "candidate">,
  serving: string | undefined,
  back: { to: { id: string } } | { none: string },
): { to: string } | { refuse: string } {
  if (serving === undefined) return { refuse: "production serves nothing" };
  if (release.candidate?.id !== serving)
    return { refuse: `production serves ${serving} by now, which is not what ${release.id} released` };
  return "none" in back ? { refuse: `there is nowhere to go: ${back.none}` } : { to: back.to.id };
}

/**
 * Decides whether an alert may take a release back. Only the release under way, or the one that ended within `guardMs`,
 * may be: an alert on an old release says nothing against the new code, and going back blindly does harm of its own. An
 * alert that was there before the release's traffic moved is not its doing either.
 * @param releases Of the alert's environment, newest first.
 * @param now Milliseconds since the epoch.
 */
export function autoRollback(
  alert: Pick<Alert, "id" | "rule" | "activeAt">,
  releases: readonly Release[],
  guardMs: number,
  now: number,
): RollbackMove {
  const [newest] = releases;
  if (newest === undefined) return { do: "refuse", because: "there was no release yet" };
  const release = newest.id;
  const refuse = (because: string): RollbackMove => ({ do: "refuse", release, because });
  const because = `alert ${alert.rule} (${alert.id})`;
  if (newest.strategy === "rollback")
    return refuse(
      newest.state === "running"
        ? `${release} is already going back`
        : `the last change was itself a rollback, ${release}, ${newest.state}`,
    );
  if (newest.strategy === "restart")
    return refuse(
      newest.state === "running"
        ? `${release} is restarting the service`
        : `the last change was the restart ${release}, of the artefact that was there before it`,
    );
  if (newest.strategy === "recovery")
    return refuse(
      newest.state === "running"
        ? `${release} is recovering the service`
        : `the last change was the recovery ${release}, and what was before it is lost`,
    );
  if (newest.state === "running") {
    if (newest.phase === "rollback") return refuse(`${release} is already going back`);
    if (newest.split === 0) return refuse(`${release} is under way, but no traffic has moved yet`);
    if (alert.activeAt < newest.startedAt)
      return refuse(`the alert was there before ${release} began, so it is not its doing`);
    return { do: "abort", release, because };
  }
  switch (newest.state) {
    case "rolled back":
      return refuse(`${release} has gone back by itself`);
    case "failed":
    case "aborted":
      return refuse(
        `${release} ${newest.state} before traffic moved: production is on what it was on before`,
      );
    case "unsafe":
      return refuse(`${release} could not prove where traffic is: a person must look`);
    case "released":
      break;
  }
  const age = now - (newest.endedAt ?? newest.startedAt);
  if (age > guardMs)
    return refuse(
      `${release} was released ${formatDuration(Math.round(age / 1_000) * 1_000)} ago, longer than the guard time of ${formatDuration(guardMs)}`,
    );
  if (alert.activeAt < newest.startedAt)
    return refuse(`the alert was there before ${release} began, so it is not its doing`);
  return { do: "rollback", release, because };
}
