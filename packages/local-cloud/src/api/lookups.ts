import type { Deployment, Project } from "../model.js";
import { findDeployment, type World } from "../world.js";
import { notFound } from "./api-error.js";

/** @throws ApiError 404 */
export function projectOf(world: World, idOrName: string): Project {
  const project =
    world.state.projects.get(idOrName) ?? world.state.projects.find((one) => one.name === idOrName);
  if (!project) throw notFound(`The project "${idOrName}"`);
  return project;
}

/** By id, own host or alias. @throws ApiError 404 */
export function deploymentOf(world: World, idOrHost: string): Deployment {
  const deployment = findDeployment(world, idOrHost.replace(/^https?:\/\//, ""));
  if (!deployment) throw notFound(`The deployment "${idOrHost}"`);
  return deployment;
}

/** A time for a new record that no earlier record of its kind has, so that paging by time loses nothing. */
export function nextTime(world: World, newest: Iterable<{ readonly createdAt: number }>): number {
  let latest = 0;
  for (const { createdAt } of newest) latest = Math.max(latest, createdAt);
  return Math.max(world.clock(), latest + 1);
}
