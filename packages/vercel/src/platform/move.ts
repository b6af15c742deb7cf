import type { Platform, Problem } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { take } from "../pages.js";
import { buildFailed, queuedBehindRollingRelease } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import type { ProjectAnswer } from "../wire/index.js";
import { type Subject, toProblem } from "./explain.js";
import { movingIn, type ProductionReader, type ProductionSight } from "./production.js";
import type { Project } from "./project.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";
import { toDeployment } from "./translate.js";

/** Moves production. Asking for what is already so, or under way, does nothing. */
export type Moves = Pick<Platform, "promote" | "rollBack">;

type Kind = "promote" | "rollback";

export function moves(
  client: VercelClient,
  options: VercelPlatformOptions,
  project: Project,
  reader: ProductionReader,
  address: (host: string) => string,
): Moves {
  /** A deployment that failed to build is more useful news than the refusal to move to it. */
  const whyRefused = async (error: VercelError, to: string, subject: Subject, signal?: AbortSignal) => {
    const aboutDeployment = error.status >= 400 && error.status < 500 && error.status !== 429;
    if (!aboutDeployment || error.tokenRefused) return toProblem(error, subject, options);
    const found = await client.deployments.get(to, signal).catch(() => undefined);
    const deployment = found === undefined ? undefined : toDeployment(found, address);
    if (deployment?.state !== "failed") return toProblem(error, subject, options);
    const lines = await take(client.deployments.events(to, { newest: 10 }, signal), 10).catch(() => []);
    return buildFailed({
      deployment: to,
      failure: deployment.failure ?? "the platform gave no reason",
      lines: lines.map((line) => line.text?.trimEnd() ?? "").filter((line) => line !== ""),
    });
  };

  /**
   * Asks for a move once, and once more when nothing came of the first. What came of it is read from the project's
   * last move and from the hosts, never guessed.
   */
  const move = async (
    kind: Kind,
    to: string,
    before: ProjectAnswer,
    ask: () => Promise<void>,
    signal?: AbortSignal,
  ) => {
    const asked = kind === "promote" ? `promote ${to}` : `roll production back to ${to}`;
    const subject: Subject = { asked, act: true, deployment: to };
    for (let tried = 1; ; tried++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        const after = await reader.see(signal).catch((failure: unknown) => failure);
        signal?.throwIfAborted();
        const seen = isSight(after) ? after : undefined;
        if (seen !== undefined && (tookIt(before, seen, kind, to) || servesAlone(seen, to))) return;
        if (!error.actMayHaveHappened) throw await whyRefused(error, to, subject, signal);
        if (tried < 2 && seen !== undefined) continue;
        const state = seen === undefined ? `reading it failed too (${saying(after)})` : stateOf(seen);
        throw toProblem(error, { ...subject, state }, options);
      }
    }
  };

  return {
    async promote(to, signal) {
      const before = await reader.see(signal);
      if (servesAlone(before, to)) return;
      const now = before.project ?? (await project.present(signal));
      if (isUnderWay(now, "promote", to, options.clock.now())) return;
      const ask = async () => {
        if ((await client.production.promote(now.id, to, signal)) === "accepted") return;
        throw queuedBehindRollingRelease({
          platform: titleOf(options.name),
          api: options.api,
          asked: `promote ${to}`,
          act: true,
        });
      };
      await move("promote", to, now, ask, signal);
    },

    async rollBack(to, because, signal) {
      // The way back is asked for with as little reading before it as can be: nothing but the request itself may
      // stand between the decision and the platform.
      const before = await project.present(signal);
      if (isUnderWay(before, "rollback", to, options.clock.now())) return;
      const ask = () => client.production.rollBack(before.id, to, because, signal);
      await move("rollback", to, before, ask, signal);
    },
  };
}

/** Whether the platform already carries out this very move. */
export function isUnderWay(project: ProjectAnswer, kind: Kind, to: string, now: number): boolean {
  const moving = movingIn(project, now);
  return moving !== undefined && moving.to === to && moving.kind === kind;
}

/** Whether every production host leads there, and nothing is about to change that. */
export function servesAlone(sight: ProductionSight, to: string): boolean {
  // With rolling releases on, traffic may be split although every host leads to the base: only the platform knows.
  if (sight.project?.rollingRelease || sight.production.moving !== undefined) return false;
  const served = [...sight.byHost.values()];
  return served.length > 0 && served.every((id) => id === to);
}

/** Whether the platform took a request whose answer was lost: its last move is a new one, of this kind, to there. */
export function tookIt(before: ProjectAnswer, after: ProductionSight, kind: Kind, to: string): boolean {
  const last = after.project?.lastAliasRequest;
  if (last === null || last === undefined) return false;
  const isNew = last.requestedAt !== before.lastAliasRequest?.requestedAt;
  return isNew && last.toDeploymentId === to && last.type === kind && last.jobStatus !== "failed";
}

function isSight(read: unknown): read is ProductionSight {
  return typeof read === "object" && read !== null && "byHost" in read;
}

function saying(failure: unknown): string {
  return (failure as Problem).happened ?? String(failure);
}

function stateOf(sight: ProductionSight): string {
  const hosts = [...sight.byHost].map(([host, id]) => `${host} serves ${id ?? "nothing"}`);
  const { moving } = sight.production;
  const move =
    moving === undefined ? "no move is under way" : `a ${moving.kind} to ${moving.to} is under way`;
  return `${hosts.length === 0 ? "the project has no production host" : hosts.join(", ")}; ${move}`;
}
