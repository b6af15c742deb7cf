import { type Release, type ReleaseOrder, releaseOf, startedEvent, strategyKinds } from "@atoms/playbook";
import { z } from "zod";
import { ownPaths } from "../playbook-at-hand.js";
import { newReleaseId, versionAt } from "../release-id.js";
import { releaseFlows } from "../release-world.js";
import { keepSource } from "../source.js";
import { overrides, refuseAtTheStart } from "../start-gates.js";
import { openGit } from "../workspace/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Takes the source as it is now, opens a release and starts it. Answers at once; `follow` tells how it goes. */
export const deploy = defineVerb({
  name: "deploy",
  method: "POST",
  role: "operator",
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
    overrides,
  }),
  async run(plane, input, actor): Promise<Release> {
    const open = await plane.open(input);
    const folder = input.source ?? open.sourceFolder;
    const own = ownPaths(open.settings, plane.places.root);
    const snapshot = await keepSource(plane.places, folder, own);
    const repository = openGit(folder, { own, env: plane.env });
    const git = await repository.state();
    const commit = git.kind === "repository" ? git.commit : undefined;
    const committedAt = commit === undefined ? undefined : await repository.committedAt(commit);
    // A release that could not even begin is not opened: it would hold the environment.
    await open.platform();
    const startedAt = plane.clock.now();
    await refuseAtTheStart(plane, open, {
      strategy: input.strategy ?? open.settings.strategy,
      overrides: input.overrides,
      startedBy: actor,
    });
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
      commit: commit ?? null,
      variables: input.variables,
      now: input.now,
      skip: input.skip,
      overrides: input.overrides,
    };
    const { releases } = await plane.store();
    const started = startedEvent(order);
    const release = await releases.open(releaseOf(order), [
      { ...started, data: { ...started.data, files: snapshot.files.length, committedAt } },
    ]);
    const engine = await plane.engine();
    await engine.start(releaseFlows(plane).release, order.release, order);
    return release;
  },
});
