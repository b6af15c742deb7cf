import type { Candidate, ExistingDeployment } from "./ports.js";
import { buildFailed } from "./problems.js";
import { type ReleaseRun, Stop } from "./run.js";

/**
 * Makes the deployment that this release is about, staged: it has its own address and gets no traffic. A deployment
 * that this release already made is found again, never made twice. One that was there before is taken as it is.
 * @throws Stop when the build fails or is not done in time.
 */
export async function deploy(run: ReleaseRun): Promise<Candidate> {
  const { order, world } = run;
  if (order.existing !== undefined) return takeExisting(run, order.existing);
  await run.act("set variables", "setting the project's variables", (signal) => world.setVariables(signal), {
    attempts: 3,
  });
  const created = await run.act(
    "create deployment",
    "uploading the source",
    async (signal, tell) => {
      await world.platform.ensureProject(signal);
      const source = await world.source(order.source);
      // An earlier try may have made it and died before it could say so.
      const made = await world.platform.findDeployment(order.release, signal);
      const deployment =
        made ??
        (await world.platform.createDeployment(
          {
            release: order.release,
            version: order.version,
            source,
            variables: order.variables,
            read: (file) => world.readSource(file),
            progress: (sent, total) => {
              void tell(
                `uploading the source: ${megabytes(sent)} of ${megabytes(total)} MB`,
                sent / total,
              ).catch(() => undefined);
            },
          },
          signal,
        ));
      await world.releases.change(
        order.release,
        { candidate: { id: deployment.id, address: deployment.address } },
        [
          run.event("deployment.created", "deployment/created", {
            deployment: deployment.id,
            address: deployment.address,
            version: order.version,
            files: source.files.length,
          }),
        ],
      );
      return { id: deployment.id, address: deployment.address };
    },
    { attempts: 4 },
  );

  await builtWell(run, created.id);
  return { ...created, version: order.version };
}

/**
 * Takes a deployment that is there already, in place of making one. The project's variables are left as they are: none
 * that is set now would reach it.
 * @throws Stop when its build has failed, or is not done in time.
 */
async function takeExisting(run: ReleaseRun, { id, address, stamp }: ExistingDeployment): Promise<Candidate> {
  const { order, world } = run;
  await run.act(
    "take the deployment",
    `taking ${id} as it is`,
    async (signal) => {
      await world.platform.ensureProject(signal);
      await world.releases.change(order.release, { candidate: { id, address } }, [
        run.event("deployment.taken", "deployment/taken", {
          deployment: id,
          address,
          stamp,
          commit: order.commit,
        }),
      ]);
    },
    { attempts: 4 },
  );
  await builtWell(run, id);
  return { id, address, version: stamp ?? "" };
}

/** Waits for the end of a build. @throws Stop when it fails or is not done in time. */
async function builtWell(run: ReleaseRun, id: string): Promise<void> {
  const { world } = run;
  const built = await run.untilAnswered(
    "read the build",
    `waiting for the build of ${id}`,
    500,
    async (signal) => {
      const deployment = await world.platform.deployment(id, signal);
      if (deployment === undefined) return { state: "gone" as const, why: "the platform no longer knows it" };
      if (deployment.state === "building") return undefined;
      return { state: deployment.state, why: deployment.failure ?? deployment.state };
    },
  );
  if (built.state !== "ready") {
    const lines = await run.act("read the build log", "reading the build log", async (signal) =>
      (await world.platform.logs(id, 20, signal)).filter((l) => l.source === "build").map((l) => l.text),
    );
    const why = built.why;
    throw new Stop(
      "failed",
      buildFailed({ deployment: id, why, lines: lines.slice(-10).join("\n") }).toJSON(),
    );
  }
}

const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
