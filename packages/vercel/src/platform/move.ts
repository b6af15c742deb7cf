import type { Platform } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { take } from "../pages.js";
import { buildFailed, queuedBehindRollingRelease } from "../problems.js";
import { VercelError } from "../vercel-error.js";
import { toProblem } from "./explain.js";
import type { ProductionReader, ProductionSight } from "./production.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";
import { toDeployment } from "./translate.js";

/** Moves production, and never asks for what is already so. */
export type Moves = Pick<Platform, "promote" | "rollBack">;

type Kind = "promote" | "rollback";

export function moves(
  client: VercelClient,
  options: VercelPlatformOptions,
  reader: ProductionReader,
  address: (host: string) => string,
): Moves {
  /**
   * Asks for a move once, and once more when it is certain that nothing came of the first. What came of it is read
   * from the project's last move and from the hosts, never guessed.
   */
  const move = async (
    kind: Kind,
    to: string,
    ask: (projectId: string) => Promise<void>,
    signal?: AbortSignal,
  ) => {
    const asked = kind === "promote" ? `promote ${to}` : `roll production back to ${to}`;
    const subject = { asked, act: true, deployment: to };
    const before = await reader.see(signal);
    const projectId = before.project?.id;
    if (projectId === undefined) {
      throw toProblem(noProject(), { asked, act: true }, options);
    }
    if (alreadySo(before, kind, to)) return;
    for (let tried = 1; ; tried++) {
      try {
        await ask(projectId);
        return;
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        if (!error.actMayHaveHappened) throw await whyRefused(error, subject);
        const after = await reader.see(signal);
        if (accepted(before, after, kind, to)) return;
        if (tried >= 2) throw toProblem(error, { ...subject, state: stateOf(after) }, options);
      }
    }

    /** A deployment that can not be moved to is the more useful news than the refusal. */
    async function whyRefused(error: VercelError, about: typeof subject) {
      if (error.status < 400 || error.status >= 500 || error.status === 429 || error.tokenRefused) {
        return toProblem(error, about, options);
      }
      const found = await client.deployments.get(to, signal).catch(() => undefined);
      const deployment = found === undefined ? undefined : toDeployment(found, address);
      if (deployment?.state === "failed") {
        const lines = await take(client.deployments.events(to, { newest: 10 }, signal), 10).catch(() => []);
        return buildFailed({
          deployment: to,
          failure: deployment.failure ?? "the platform gave no reason",
          lines: lines.map((line) => line.text ?? "").filter((line) => line !== ""),
        });
      }
      return toProblem(error, about, options);
    }
  };

  return {
    promote: (to, signal) =>
      move(
        "promote",
        to,
        async (projectId) => {
          if ((await client.production.promote(projectId, to, signal)) === "accepted") return;
          throw queuedBehindRollingRelease({
            platform: titleOf(options.name),
            api: options.api,
            asked: `promote ${to}`,
            act: true,
          });
        },
        signal,
      ),
    rollBack: (to, because, signal) =>
      move("rollback", to, (projectId) => client.production.rollBack(projectId, to, because, signal), signal),
  };
}

/** Whether production is there already, or on its way, so that asking again would only disturb. */
export function alreadySo(sight: ProductionSight, kind: Kind, to: string): boolean {
  // With rolling releases on, traffic may be split although every host leads to the base: only the platform knows.
  if (sight.project?.rollingRelease) return false;
  const { moving } = sight.production;
  if (moving !== undefined) return moving.to === to && moving.kind === kind;
  return everyHost(sight, to);
}

/** Whether the platform took a request whose answer was lost. */
export function accepted(before: ProductionSight, after: ProductionSight, kind: Kind, to: string): boolean {
  const last = after.project?.lastAliasRequest;
  const isNew = last != null && last.requestedAt !== before.project?.lastAliasRequest?.requestedAt;
  if (isNew && last.toDeploymentId === to && last.type === kind && last.jobStatus !== "failed") return true;
  return alreadySo(after, kind, to);
}

function everyHost(sight: ProductionSight, to: string): boolean {
  const served = [...sight.byHost.values()];
  return served.length > 0 && served.every((id) => id === to);
}

function stateOf(sight: ProductionSight): string {
  const hosts = [...sight.byHost].map(([host, id]) => `${host} serves ${id ?? "nothing"}`);
  const { moving } = sight.production;
  const move =
    moving === undefined ? "no move is under way" : `a ${moving.kind} to ${moving.to} is under way`;
  return `${hosts.length === 0 ? "the project has no production host" : hosts.join(", ")}; ${move}`;
}

function noProject(): VercelError {
  return new VercelError({
    status: 404,
    code: "not_found",
    message: "there is no such project.",
    retryable: false,
    actMayHaveHappened: false,
  });
}
