import type { PlatformName } from "../../terms/index.js";
import { defineLook } from "../check.js";
import { areIs, counted, listed } from "../words.js";

type Facts = {
  platform: PlatformName;
  /** Names set for production on the platform. */
  onPlatform: string[];
  /** Names the playbook gives to the deployment. */
  byPlaybook: string[];
  /** Names set in this shell, of those required. */
  inShell: string[];
};

/** A variable counts where the service will run; that it is set in somebody's shell proves nothing. */
export const variables = defineLook<Facts>({
  name: "variables",
  title: "Required variables are set",
  wanted: (settings) => settings.required_variables.length > 0,
  measure: async ({ settings, ports, signal }) => {
    const onPlatform = await ports.platform.variables({ values: false }, signal);
    return {
      platform: ports.platform.name,
      onPlatform: onPlatform.filter((one) => one.targets.includes("production")).map((one) => one.key),
      byPlaybook: [...ports.playbookVariables],
      inShell: ports.workspace.setInShell(settings.required_variables),
    };
  },
  judge: (facts, settings) => {
    const required = [...new Set(settings.required_variables)];
    const set = new Set([...facts.onPlatform, ...facts.byPlaybook]);
    const missing = required.filter((name) => !set.has(name));
    const shellOnly = missing.filter((name) => facts.inShell.includes(name));
    const evidence = {
      required: required.length,
      missing: missing.join(", "),
      onlyInThisShell: shellOnly.join(", "),
    };
    if (missing.length === 0)
      return {
        outcome: "pass",
        saw: `${required.length === 1 ? `${required[0]} is` : `All ${required.length} are`} set where the service will run.`,
        evidence,
      };
    const shell =
      shellOnly.length === 0
        ? ""
        : ` ${listed(shellOnly)} ${areIs(shellOnly.length)} set in this shell only, which the service does not see.`;
    const how =
      facts.platform === "vercel"
        ? `Set ${missing.length === 1 ? "it" : "each"} with \`vercel env add ${missing[0]} production\``
        : "Set them on the platform for production";
    return {
      outcome: "fail",
      saw: `${counted(missing.length, "required variable")} ${areIs(missing.length)} not set for production: ${listed(missing)}.${shell}`,
      fix: `${how}, or give ${missing.length === 1 ? "it" : "them"} to the deployment in the playbook's variables.`,
      evidence,
    };
  },
});
