import { type HttpResult, stampOf } from "../../terms/index.js";
import { inWords, objectOf } from "../answer.js";
import type { Target } from "../model.js";
import { defineCheck } from "./check.js";

export const servesItself = defineCheck({
  name: "serves-itself",
  title: "The right deployment answers",
  why: "READY is not serving: an address may still lead to an older build, and all other checks would praise that one.",
  setting: "serves_itself",
  async run(visit, { path, required }) {
    const { target } = visit;
    const result = await visit.ask({ path });
    if (!result.answered)
      return {
        outcome: "fail",
        saw: `${path}: ${inWords(result)}.`,
        fix: "See whether the service started: `atoms logs`.",
      };
    const named = namesIn(result);
    const evidence = {
      deployment: stampOf(result).deployment ?? null,
      version: stampOf(result).version ?? null,
      wanted_deployment: target.deployment ?? null,
      wanted_version: target.version ?? null,
    };
    const other = strangerIn(result, target);
    if (other !== undefined) {
      return {
        outcome: "fail",
        saw: `${path} is answered by ${other}.`,
        fix: "The address leads to another build, or the build carries an old stamp: deploy again, and let the service take its version from ATOMS_VERSION.",
        evidence,
      };
    }
    if (named.deployments.length + named.versions.length === 0) {
      return {
        outcome: required ? "fail" : "warn",
        saw: `${path} ${inWords(result)}, but the service does not name itself, so another build could answer unnoticed.`,
        fix: "Send the headers x-atoms-deployment and x-atoms-version, or put deployment_id and version in the JSON of that path.",
        evidence,
      };
    }
    const names = [...new Set([...named.deployments, ...named.versions])].join(", ");
    const asked = target.deployment !== undefined || target.version !== undefined;
    return {
      outcome: "pass",
      saw: `It is ${names}${asked ? ", as it should be" : "; nothing else was expected"}.`,
      evidence,
    };
  },
});

type Names = { deployments: string[]; versions: string[] };

/** Every name in the answer: by the local edge, by the service's headers, by its body. All of them must agree. */
function namesIn(result: HttpResult): Names {
  if (!result.answered) return { deployments: [], versions: [] };
  const { headers } = result;
  const body = objectOf(result) ?? {};
  const versionHeader = headers["x-atoms-version"];
  const versionBody = body["version"];
  return {
    deployments: [
      headers["x-atoms-cloud-deployment"],
      headers["x-atoms-deployment"],
      body["deployment_id"],
    ].filter((name): name is string => typeof name === "string" && name.startsWith("dpl_")),
    versions: [
      versionHeader,
      // Many services call something else their version; only a release's stamp is taken for one.
      typeof versionBody === "string" && /^v\d{8}\.\d{6}$/.test(versionBody) ? versionBody : undefined,
    ].filter((name): name is string => typeof name === "string" && name !== ""),
  };
}

/** Who answered instead of the target, in words; undefined when the answer names nobody else. */
export function strangerIn(result: HttpResult, target: Target): string | undefined {
  const named = namesIn(result);
  const deployment = named.deployments.find(
    (name) => target.deployment !== undefined && name !== target.deployment,
  );
  if (deployment !== undefined) return `${deployment}, not ${target.deployment}`;
  const version = named.versions.find((name) => target.version !== undefined && name !== target.version);
  return version === undefined ? undefined : `version ${version}, not ${target.version}`;
}
