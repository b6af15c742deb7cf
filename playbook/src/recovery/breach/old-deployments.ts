import type { Deployment } from "../../terms/index.js";

/** How many deployments are looked at, newest first. */
export const mostOldDeployments = 10_000;

/**
 * Deployments that have the secrets of before: made earlier than the one that has the new ones, by the platform's clock.
 * @param all Deployments of the project. @param inService The first one with the new values, which stays whatever its time says.
 */
export const oldDeployments = (
  all: readonly Pick<Deployment, "id" | "createdAt">[],
  inService: Pick<Deployment, "id" | "createdAt">,
): string[] =>
  all.flatMap(({ id, createdAt }) => (id !== inService.id && createdAt <= inService.createdAt ? [id] : []));
