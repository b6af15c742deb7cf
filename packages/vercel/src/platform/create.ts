import type { Clock, Deployment, Platform, SourceFile } from "@atoms/playbook";
import type { VercelClient } from "../client.js";
import { VercelError } from "../vercel-error.js";
import type { CreateDeploymentBody, DeploymentAnswer } from "../wire/index.js";
import { type Explain, type Subject, toProblem } from "./explain.js";
import type { Project } from "./project.js";
import type { VercelPlatformOptions } from "./settings.js";
import { metaKeys, toDeployment } from "./translate.js";

/** How often the platform may name further missing files before it is taken to be confused. */
const mostUploads = 4;

/** Waits before looking again for a deployment whose creation was not confirmed, in milliseconds. */
const lookAgainAfter = [250, 1_000, 3_000];

/** Finds and makes deployments. */
export type Creation = Pick<Platform, "findDeployment" | "createDeployment" | "redeploy">;

export function creation(
  client: VercelClient,
  options: VercelPlatformOptions & { clock: Clock },
  project: Project,
  explain: Explain,
  address: (host: string) => string,
): Creation {
  const find = async (release: string, signal?: AbortSignal): Promise<Deployment | undefined> => {
    const projectId = await project.idIfThere(signal);
    if (projectId === undefined) return undefined;
    return explain({ asked: `find the deployment of release ${release}` }, async () => {
      const made: Deployment[] = [];
      for await (const item of client.deployments.list(
        { projectId, meta: { [metaKeys.release]: release } },
        signal,
      )) {
        // A platform that did not apply the filter must not pass off another's deployment as ours.
        if (item.meta?.[metaKeys.release] === release) made.push(toDeployment(item, address));
        if (made.length >= 20) break;
      }
      // Should there be two, all must choose alike: the first that is of use.
      const oldestFirst = made.sort((a, b) => a.createdAt - b.createdAt);
      return oldestFirst.find((one) => one.state === "ready" || one.state === "building") ?? oldestFirst[0];
    });
  };

  /** Posts the body, uploads what the platform lacks, and posts it again. */
  const post = async (
    body: CreateDeploymentBody,
    input: Parameters<Platform["createDeployment"]>[0],
    signal?: AbortSignal,
  ): Promise<DeploymentAnswer> => {
    for (let round = 0; ; round++) {
      try {
        return await client.deployments.create(body, signal);
      } catch (error) {
        if (!(error instanceof VercelError) || error.code !== "missing_files") throw error;
        const lacking = new Set(error.missing ?? []);
        const files = unlike(input.source.files.filter((file) => lacking.has(file.sha1)));
        if (files.length === 0 || round >= mostUploads) throw error;
        await client.files.upload(
          files.map((file) => ({ sha1: file.sha1, size: file.size, read: () => input.read(file) })),
          input.progress === undefined ? {} : { progress: input.progress },
          signal,
        );
      }
    }
  };

  /** Looks for a deployment that may be there although its creation was not confirmed. */
  const findLate = async (release: string, signal?: AbortSignal) => {
    for (const wait of lookAgainAfter) {
      const found = await find(release, signal);
      if (found !== undefined) return found;
      await options.clock.sleep(wait, signal);
    }
    return find(release, signal);
  };

  /**
   * Makes a deployment for a release, once. Twice tried: a creation that left no trace is repeated once. The second
   * deployment, should the first one turn up after all, is staged like the first and gets no traffic.
   */
  const make = async (
    release: string,
    subject: Subject,
    ask: () => Promise<DeploymentAnswer>,
    signal?: AbortSignal,
  ): Promise<Deployment> => {
    for (let tried = 1; ; tried++) {
      try {
        return toDeployment(await ask(), address);
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        if (!error.actMayHaveHappened) throw toProblem(error, subject, options);
        const made = await findLate(release, signal);
        if (made !== undefined) return made;
        if (tried >= 2) {
          const state = `no deployment of release ${release} is there, and production was not touched`;
          throw toProblem(error, { ...subject, state }, options);
        }
      }
    }
  };

  return {
    findDeployment: find,
    async createDeployment(input, signal) {
      const before = await find(input.release, signal);
      if (before !== undefined) return before;
      const body = bodyOf(input, await project.id(signal), options);
      const subject = { asked: `create a deployment for release ${input.release}`, act: true };
      return make(input.release, subject, () => post(body, input, signal), signal);
    },
    async redeploy({ deployment, release, version, regions }, signal) {
      const before = await find(release, signal);
      if (before !== undefined) return before;
      const body: CreateDeploymentBody = {
        ...stagedBody({ release, version, variables: {} }, await project.id(signal), options),
        deploymentId: deployment,
        ...(regions === undefined ? {} : { regions: [...regions] }),
      };
      const subject = { asked: `deploy ${deployment} once more`, act: true, deployment };
      return make(release, subject, () => client.deployments.create(body, signal), signal);
    },
  };
}

function bodyOf(
  input: Parameters<Platform["createDeployment"]>[0],
  projectId: string,
  options: VercelPlatformOptions,
): CreateDeploymentBody {
  return {
    ...stagedBody(input, projectId, options),
    ...(options.framework === undefined ? {} : { projectSettings: { framework: options.framework } }),
    files: input.source.files.map(({ path, sha1, size, mode }) => ({ file: path, sha: sha1, size, mode })),
  };
}

/** What every deployment that Atoms makes has in common. */
function stagedBody(
  input: { release: string; version: string; variables: Record<string, string> },
  projectId: string,
  options: VercelPlatformOptions,
) {
  return {
    // The platform makes the host from the name; with an id as name it would make an ugly one.
    name: options.project.startsWith("prj_") ? projectId : options.project,
    project: projectId,
    version: 2 as const,
    target: "production" as const,
    // Staged: it gets its own host and no other, whatever the project's setting is.
    autoAssignCustomDomains: false,
    meta: {
      ...options.meta,
      [metaKeys.release]: input.release,
      [metaKeys.version]: input.version,
    },
    // Of this deployment alone: a stamp among the project's variables would be that of the last release everywhere.
    env: { ...input.variables, ATOMS_VERSION: input.version },
  };
}

/** Files of the same bytes are sent once. */
function unlike(files: SourceFile[]): SourceFile[] {
  return [...new Map(files.map((file) => [file.sha1, file])).values()];
}
