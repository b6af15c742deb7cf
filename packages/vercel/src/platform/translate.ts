import type { Deployment, DeploymentState } from "@atoms/playbook";
import type { DeploymentAnswer, RuntimeEvent } from "../wire/index.js";

/** Keys under which Atoms writes itself into a deployment's meta. */
export const metaKeys = { release: "atomsReleaseId", version: "atomsVersion" } as const;

/** Makes the base address of a host: over the local cloud's traffic listener, or https. */
export function addressing(edgeUrl: string | undefined): (host: string) => string {
  if (edgeUrl === undefined) return (host) => `https://${host}`;
  const edge = new URL(edgeUrl);
  return (host) => `${edge.protocol}//${host}${edge.port === "" ? "" : `:${edge.port}`}`;
}

/** The bare host in an address, a host with a port, or a bare host; an id stays as it is. */
export function bareHost(idOrHost: string): string {
  const withoutScheme = idOrHost.replace(/^[a-z]+:\/\//i, "");
  return (withoutScheme.split("/")[0] ?? "").replace(/:\d+$/, "");
}

/** The platform's id of a deployment; lists call it `uid`. The schema has seen to it that there is one. */
export function idOf(answer: DeploymentAnswer): string {
  return answer.id ?? answer.uid ?? "";
}

const states: Record<string, DeploymentState> = {
  READY: "ready",
  ERROR: "failed",
  // Refused for good: it waits for no build but for an administrator.
  BLOCKED: "failed",
  CANCELED: "cancelled",
  DELETED: "gone",
};

/** Puts the platform's deployment into our words. A state not known here counts as still building. */
export function toDeployment(answer: DeploymentAnswer, address: (host: string) => string): Deployment {
  const platformState = answer.readyState ?? answer.state ?? "";
  const state = states[platformState] ?? "building";
  const release = text(answer.meta?.[metaKeys.release]);
  const version = text(answer.meta?.[metaKeys.version]);
  const checks = checksOf(answer);
  return {
    id: idOf(answer),
    address: answer.url == null ? "" : address(bareHost(answer.url)),
    state,
    production: answer.target === "production",
    createdAt: answer.createdAt ?? answer.created ?? 0,
    ...(version === undefined ? {} : { version }),
    ...(release === undefined ? {} : { release }),
    ...(answer.regions == null || answer.regions.length === 0 ? {} : { regions: answer.regions }),
    ...(answer.projectId == null ? {} : { project: answer.projectId }),
    ...(checks === undefined ? {} : { checks }),
    ...gitOf(answer.meta ?? {}),
    ...(state === "failed" ? { failure: failureOf(answer, platformState) } : {}),
  };
}

/** Commit and branch, as the platform's own integrations and command line write them into the meta. */
export function gitOf(meta: Record<string, unknown>): { commit?: string; branch?: string } {
  for (const host of ["github", "gitlab", "bitbucket"]) {
    const commit = text(meta[`${host}CommitSha`]);
    const branch = text(meta[`${host}CommitRef`]);
    if (commit === undefined && branch === undefined) continue;
    return { ...(commit === undefined ? {} : { commit }), ...(branch === undefined ? {} : { branch }) };
  }
  return {};
}

/** Checks of the project (v2), or of integrations (v1, deprecated), that hold its production hosts back. */
function checksOf({ checks, checksState, checksConclusion }: DeploymentAnswer): Deployment["checks"] {
  const state = checks?.["deployment-alias"]?.state;
  if (state === "failed" || checksConclusion === "failed") return "failed";
  return state === "pending" || checksState === "registered" || checksState === "running"
    ? "running"
    : undefined;
}

function failureOf(answer: DeploymentAnswer, platformState: string): string {
  if (platformState === "BLOCKED") return "the platform blocked it; see its page there";
  const said = answer.errorMessage ?? answer.errorCode ?? "the platform gave no reason";
  return answer.errorStep == null ? said : `${said} (step ${answer.errorStep})`;
}

/** Our three levels for the platform's seven. */
export function levelOf(level: string | undefined): "info" | "warning" | "error" {
  if (level === "error" || level === "fatal") return "error";
  return level === "warning" ? "warning" : "info";
}

/** Milliseconds since the epoch of an event's stamp: a number, or ISO 8601. */
export function stampOf(timestamp: RuntimeEvent["timestamp"]): number {
  if (typeof timestamp === "number") return timestamp;
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? Number(timestamp) || 0 : at;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
