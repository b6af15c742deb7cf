import type { Platform, Problem } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { deadline } from "../deadline.js";
import { outcomeUnknown } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import type { ProjectAnswer } from "../wire/index.js";
import { type Subject, toProblem } from "./explain.js";
import { movingIn, type ProductionReader, type ProductionSight, type WholeSight } from "./production.js";
import type { Project } from "./project.js";
import { isInTheWay, type RollingRuns } from "./rolling-runs.js";
import { stageInWords } from "./rollout.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";
import type { StagesSet } from "./stages-set.js";
import type { WhyRefused } from "./why-refused.js";

/** How long a rollback may take to end a rolling release after it was accepted, in milliseconds. */
const longestAbortMs = 8_000;

/** Moves production. Asking for what is already so, or under way, does nothing. */
export type Moves = Pick<Platform, "promote" | "rollBack">;

type Kind = "promote" | "rollback";

export function moves(
  client: VercelClient,
  options: VercelPlatformOptions,
  parts: {
    project: Project;
    reader: ProductionReader;
    runs: RollingRuns;
    stages: StagesSet;
    why: WhyRefused;
  },
): Moves {
  const { project, reader, runs, stages, why } = parts;

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
    const subject: Subject = { asked: inWords(kind, to), act: true, deployment: to };
    for (let tried = 1; ; tried++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        const after = await reader.see(signal).catch((failure: unknown) => failure);
        signal?.throwIfAborted();
        const seen = isSight(after) ? after : undefined;
        if (seen !== undefined && (tookIt(before, seen, kind, to) || servesAlone(seen, to))) return;
        if (!error.actMayHaveHappened) throw await why.ofDeployment(error, to, subject, signal);
        if (tried < 2 && seen !== undefined) continue;
        const state = seen === undefined ? `reading it failed too (${saying(after)})` : stateOf(seen);
        throw toProblem(error, { ...subject, state }, options);
      }
    }
  };

  /**
   * The platform ends a rolling release when it carries out a rollback. The hosts do not show it, for they lead to the
   * base all along, so the run itself is looked at. A look that fails proves nothing: the rollback was accepted.
   */
  const seeNoneActive = async (projectId: string, to: string, signal?: AbortSignal) => {
    const within = deadline(options.clock, longestAbortMs, signal);
    let state: string | undefined;
    try {
      for (;;) {
        const run = await runs.latest(projectId, within.signal);
        if (run?.state !== "ACTIVE") return;
        state = `the rolling release to ${run.canaryDeployment?.id} is still active at ${stageInWords(run)}`;
        await options.clock.sleep(250, within.signal);
      }
    } catch (error) {
      if (!within.passed() && !(error instanceof VercelError)) throw error;
      if (state === undefined) return;
    } finally {
      within.end();
    }
    throw outcomeUnknown({
      platform: titleOf(options.name),
      api: options.api,
      asked: inWords("rollback", to),
      act: true,
      message: "it said yes, but the split stayed.",
      state,
    });
  };

  return {
    async promote(to, signal) {
      const before = await reader.see(signal);
      if (servesAlone(before, to)) return;
      const now = before.project ?? (await project.present(signal));
      if (isUnderWay(now, "promote", to, options.clock.now())) return;
      await stages.makeWay(inWords("promote", to), now, before.run, signal);
      const ask = async () => {
        if ((await client.production.promote(now.id, to, signal)) === "accepted") return;
        const obstacle = "one began at this moment, and the platform queued it behind that";
        const outcome =
          "Traffic is still split as that rolling release has it; the queued one follows when it ends.";
        throw isInTheWay(inWords("promote", to), { obstacle, outcome }, options);
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
      await seeNoneActive(before.id, to, signal);
    },
  };
}

/** Whether the platform already carries out this very move. */
export function isUnderWay(project: ProjectAnswer, kind: Kind, to: string, now: number): boolean {
  const moving = movingIn(project, now);
  return moving !== undefined && moving.to === to && moving.kind === kind;
}

/** Whether every production host leads there, and nothing is about to change that. */
export function servesAlone(sight: WholeSight, to: string): boolean {
  // While a rolling release is under way, traffic is split although every host leads to the base.
  if (sight.run?.state === "ACTIVE" || sight.production.moving !== undefined) return false;
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

function isSight(read: unknown): read is WholeSight {
  return typeof read === "object" && read !== null && "byHost" in read;
}

function inWords(kind: Kind, to: string): string {
  return kind === "promote" ? `promote ${to}` : `roll production back to ${to}`;
}

function saying(failure: unknown): string {
  return (failure as Problem).happened ?? String(failure);
}

function stateOf(sight: WholeSight): string {
  const hosts = [...sight.byHost].map(([host, id]) => `${host} serves ${id ?? "nothing"}`);
  const { moving } = sight.production;
  const move =
    moving === undefined ? "no move is under way" : `a ${moving.kind} to ${moving.to} is under way`;
  const split =
    sight.run?.state === "ACTIVE"
      ? `; a rolling release to ${sight.run.canaryDeployment?.id} is at ${stageInWords(sight.run)}`
      : "";
  return `${hosts.length === 0 ? "the project has no production host" : hosts.join(", ")}; ${move}${split}`;
}
