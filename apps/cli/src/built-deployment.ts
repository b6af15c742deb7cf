import { builtAlready } from "@atoms/playbook";
import { optionMistaken } from "./options.js";

/**
 * The deployment that is to be released as it is, if one is named.
 * @throws ATM-961 for what only a deployment that is yet to be built can have.
 */
export function builtDeployment(
  { deployment, env, group, resume }: Record<string, unknown>,
  folder: string | undefined,
): string | undefined {
  if (typeof deployment !== "string") return undefined;
  if (deployment === "")
    throw optionMistaken({ option: "--deployment", given: "", wanted: "an id or a URL" });
  const given = [
    ...(folder === undefined ? [] : ["a folder"]),
    ...(Array.isArray(env) && env.length > 0 ? ["--env"] : []),
    ...(group === undefined ? [] : ["--group"]),
    ...(resume === true ? ["--resume"] : []),
  ][0];
  if (given !== undefined) throw builtAlready({ given });
  return deployment;
}
