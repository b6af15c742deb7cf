import type { HttpResult } from "./http.js";

/** How an answer names who gave it. */
export type Stamp = {
  /** Id of the deployment that answered, when the answer says. */
  deployment?: string;
  /** Version the service claims, when it does. */
  version?: string;
};

/**
 * Reads who answered from an answer: the header of the routing helper first (it may have forwarded the request), then the
 * edge's (it chose the deployment), then what the service says of
 * itself in headers, then in a JSON body (`deployment_id`, `version`). Words that mean "not deployed" are no name.
 */
export function stampOf(result: HttpResult): Stamp {
  if (!result.answered) return {};
  const { headers } = result;
  const body = jsonObject(result);
  const deployment =
    headers["x-atoms-split"] ??
    headers["x-atoms-cloud-deployment"] ??
    named(headers["x-atoms-deployment"]) ??
    named(body["deployment_id"]);
  const version = headers["x-atoms-version"] ?? text(body["version"]);
  return {
    ...(deployment === undefined ? {} : { deployment }),
    ...(version === undefined ? {} : { version }),
  };
}

function jsonObject(result: HttpResult & { answered: true }): Record<string, unknown> {
  if (!(result.headers["content-type"] ?? "").includes("json")) return {};
  try {
    const value: unknown = JSON.parse(result.body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const named = (value: unknown) => (text(value)?.startsWith("dpl_") ? text(value) : undefined);
