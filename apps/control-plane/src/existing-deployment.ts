import {
  type Deployment,
  deploymentBeingChecked,
  deploymentNotReleasable,
  type ExistingDeployment,
  isProblem,
  type Known,
  type PreflightPorts,
  type PreflightSettings,
  preflightChecks,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { type LookedAtSource, snapshotSource } from "./safety-facts.js";

/** A deployment that is there already, as a release takes it. */
export type FoundDeployment = {
  existing: ExistingDeployment;
  /** Digest of the source it was made of, where Atoms made it and still keeps that; else empty. */
  source: string;
  commit: string | null;
};

/**
 * Finds a deployment that is to be released as it is.
 * @param input.skip Preflight checks that are left out anyway.
 * @throws ATM-962 when it can not be released: not there, of another project, no build for production, failed, refused by
 * the platform's checks, or served; ATM-967 while these checks run.
 */
export async function findExisting(
  plane: Pick<ControlPlane, "store" | "places">,
  open: OpenPlaybook,
  input: { deployment: string; skip: readonly string[]; start?: boolean },
  signal = AbortSignal.timeout(30_000),
): Promise<FoundDeployment> {
  const platform = await open.platform({ start: input.start ?? true });
  const [found, project, production] = await Promise.all([
    platform.deployment(input.deployment, signal),
    platform.projectId(signal),
    platform.production(signal),
  ]);
  const because = whyNot(found, project, production.deployment?.id);
  if (found === undefined || because !== undefined)
    throw deploymentNotReleasable({
      deployment: found?.id ?? input.deployment,
      because: because ?? "the platform knows no such deployment",
    });
  if (found.checks === "running") throw deploymentBeingChecked({ deployment: found.id });
  const { releases } = await plane.store();
  const { service, environment } = open;
  const past = await releases.list({ service, environment, limit: 1_000 });
  const made = past.find(({ candidate, source }) => candidate?.id === found.id && source !== "");
  const branch = found.branch ?? null;
  const off = withoutSource(open.settings.preflight, branch);
  return {
    existing: {
      id: found.id,
      address: found.address,
      stamp: found.version ?? null,
      branch,
      unchecked: preflightChecks
        .filter((check) => check.wanted(open.settings.preflight) && !check.wanted(off))
        .map(({ name }) => name)
        .filter((name) => !input.skip.includes(name)),
    },
    source: made !== undefined && (await isKept(plane, made.source)) ? made.source : "",
    commit: found.commit ?? null,
  };
}

/** Why a deployment cannot be given to users as it is; undefined when it can. */
export function whyNot(
  found: Deployment | undefined,
  project: string | undefined,
  served: string | undefined,
): string | undefined {
  if (found === undefined) return "the platform knows no such deployment";
  if (found.project !== undefined && found.project !== project) return "it is of another project";
  if (!found.production)
    return "it was built for a preview, and only a build for production is released as it is";
  if (found.state !== "ready" && found.state !== "building")
    return `it is ${found.state}${found.failure === undefined ? "" : `: ${found.failure}`}`;
  if (found.checks === "failed") return "it did not pass the platform's checks";
  return found.id === served ? "production serves it already" : undefined;
}

/** The preflight's settings without the checks that look at a source, which a deployment that is built does not have at hand. */
export function withoutSource(settings: PreflightSettings, branch: string | null): PreflightSettings {
  const off = { source: false, git_clean: false, dependencies: false, tests: false } as const;
  return { ...settings, ...off, ...(branch === null ? { branch: false } : {}) };
}

/** What preflight asks of a deployment that is built: its branch is what the platform was told, and nothing is set for it. */
export function portsOfExisting(ports: PreflightPorts, { branch }: ExistingDeployment): PreflightPorts {
  return {
    ...ports,
    playbookVariables: [],
    workspace: {
      ...ports.workspace,
      gitState: async () =>
        branch === null
          ? { kind: "none", because: "The platform was not told of a branch" }
          : { kind: "repository", changed: [], branch },
      source: async () => ({ kind: "readable", files: 0, bytes: 0, envFiles: [] }),
    },
  };
}

/** The source of a release by its digest, or why it is not at hand. */
export async function sourceOfRelease(
  places: ControlPlane["places"],
  digest: string,
): Promise<Known<LookedAtSource>> {
  if (digest !== "") return { known: await snapshotSource(places, digest) };
  return { unknown: "what is released was not made here, so its source is not known" };
}

async function isKept({ places }: Pick<ControlPlane, "places">, digest: string): Promise<boolean> {
  try {
    await snapshotSource(places, digest);
    return true;
  } catch (error) {
    if (isProblem(error)) return false;
    throw error;
  }
}
