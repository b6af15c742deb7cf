import type { State } from "../folder/state.js";
import type { Deployment, Project } from "../model.js";
import { requestUrl } from "../request-url.js";
import type { VisitedBy } from "./headers.js";
import { cookieOf } from "./protection.js";

/**
 * The deployment that a page of an earlier version asks for, by `?dpl=`, the header `x-deployment-id` or the cookie
 * `__vdpl`, while the project has skew protection on.
 * @returns undefined for no such wish; null when the wish cannot be met (unknown, or too old): that is a 404
 */
export function pinnedDeployment(
  request: VisitedBy,
  project: Project | undefined,
  state: State,
  now: number,
): Deployment | null | undefined {
  const maxAge = Number(project?.settings["skewProtectionMaxAge"] ?? 0);
  if (!project || !(maxAge > 0) || isForeign(request, project)) return undefined;
  const wish =
    (request.url?.includes("?") ? requestUrl(request).searchParams.get("dpl") : null) ??
    headerText(request, "x-deployment-id") ??
    cookieOf(request, "__vdpl");
  if (!wish) return undefined;
  const deployment = state.deployments.get(wish);
  if (!deployment || deployment.projectId !== project.id || deployment.readyState !== "READY") return null;
  const boundary = Number(project.settings["skewProtectionBoundaryAt"] ?? 0);
  const tooOld = deployment.createdAt + maxAge * 1000 < now || deployment.createdAt < boundary;
  return tooOld ? null : deployment;
}

/** A page of another site may not choose the deployment, unless the project allows its host. */
function isForeign(request: VisitedBy, project: Project): boolean {
  const origin = headerText(request, "origin");
  if (!origin || origin === "null") return false;
  try {
    const { host, hostname } = new URL(origin);
    if (host === request.headers.host) return false;
    const allowed = project.settings["skewProtectionAllowedDomains"];
    return !(Array.isArray(allowed) && allowed.includes(hostname));
  } catch {
    return true;
  }
}

function headerText(request: VisitedBy, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
