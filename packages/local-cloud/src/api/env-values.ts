import type { EnvVariable, Project } from "../model.js";
import type { World } from "../world.js";

/**
 * The variables that reach a deployment of an environment, in plain text. A variable for the given branch wins over
 * one for all branches.
 */
export function variablesFor(
  world: Pick<World, "state" | "seal">,
  project: Project,
  environment: string,
  branch: string | null,
  keep: (variable: EnvVariable) => boolean = () => true,
): Record<string, string> {
  const values: Record<string, string> = {};
  const fitting = world.state.env.filter(
    (variable) =>
      variable.projectId === project.id &&
      (variable.target.includes(environment) || variable.customEnvironmentIds.includes(environment)) &&
      (variable.gitBranch === null || variable.gitBranch === branch) &&
      keep(variable),
  );
  for (const forBranch of [false, true]) {
    for (const variable of fitting) {
      if ((variable.gitBranch !== null) === forBranch)
        values[variable.key] = world.seal.reveal(variable.sealedValue);
    }
  }
  return values;
}
