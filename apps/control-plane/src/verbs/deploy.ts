import { type Release, type ReleaseOrder, strategyKinds } from "@atoms/playbook";
import { z } from "zod";
import { ownPaths } from "../playbook-at-hand.js";
import { newReleaseId, versionAt } from "../release-id.js";
import { releaseFlows } from "../release-world.js";
import { keepSource } from "../source.js";
import { openGit } from "../workspace/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Takes the source as it is now, opens a release and starts it. Answers at once; `follow` tells how it goes. */
export const deploy = defineVerb({
  name: "deploy",
  method: "POST",
  path: "/releases",
  summary: "Start a release",
  input: z.strictObject({
    ...playbookRef,
    source: z.string().optional().describe("Absolute path of a source folder, instead of the playbook's."),
    variables: z.record(z.string(), z.string()).default({}).describe("Variables of this deployment alone."),
    strategy: z
      .enum(strategyKinds)
      .optional()
      .describe("How traffic moves, instead of the playbook's choice."),
    now: z.boolean().default(false).describe("Send all notices at once instead of waiting for their times."),
    skip: z.array(z.string()).default([]).describe("Checks to leave out, by name."),
  }),
  async run(plane, input, actor): Promise<Release> {
    const open = await plane.open(input);
    const folder = input.source ?? open.sourceFolder;
    const own = ownPaths(open.settings, plane.places.root);
    const snapshot = await keepSource(plane.places, folder, own);
    const git = await openGit(folder, { own, env: plane.env }).state();
    // A release that could not even begin is not opened: it would hold the environment.
    await open.platform();
    const startedAt = plane.clock.now();
    const order: ReleaseOrder = {
      release: newReleaseId(startedAt),
      service: open.service,
      environment: open.environment,
      platform: open.platformName,
      strategy: input.strategy ?? open.settings.strategy,
      version: versionAt(startedAt),
      actor,
      startedAt,
      playbook: { path: input.playbook, text: open.file.text },
      folder,
      source: snapshot.digest,
      commit: git.kind === "repository" ? (git.commit ?? null) : null,
      variables: input.variables,
      now: input.now,
      skip: input.skip,
    };
    const { releases } = await plane.store();
    const release = await releases.open(
      {
        id: order.release,
        service: order.service,
        environment: order.environment,
        platform: order.platform,
        strategy: order.strategy,
        version: order.version,
        state: "running",
        phase: "preflight",
        startedBy: actor,
        startedAt,
        source: order.source,
        split: 0,
      },
      [
        {
          key: `${order.release}/started`,
          kind: "release.started",
          at: startedAt,
          actor,
          service: order.service,
          environment: order.environment,
          release: order.release,
          data: {
            strategy: order.strategy,
            platform: order.platform,
            version: order.version,
            source: order.source,
            files: snapshot.files.length,
            variables: Object.keys(order.variables),
            skip: order.skip,
            now: order.now,
          },
        },
      ],
    );
    const engine = await plane.engine();
    await engine.start(releaseFlows(plane).release, order.release, order);
    return release;
  },
});
