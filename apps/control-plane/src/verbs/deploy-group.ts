import { basename } from "node:path";
import {
  beganEvent,
  type GroupOrder,
  groupMistaken,
  type MemberOrder,
  openedRelease,
  type Release,
  type ReleaseOrder,
  releaseRunning,
  stagesOf,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { memberPath, readGroup } from "../group-file.js";
import { ownPaths } from "../playbook-at-hand.js";
import { newReleaseId, versionAt } from "../release-id.js";
import { releaseFlows } from "../release-world.js";
import { keepSource } from "../source.js";
import { overrides, refuseAtTheStart } from "../start-gates.js";
import { openGit } from "../workspace/index.js";
import { defineVerb } from "./verb.js";

/**
 * Takes the sources of several services as they are now, and starts their release as one, all or back. Answers at once;
 * `follow` tells how it goes. Every member is read and found right before the first is begun.
 */
export const deployGroup = defineVerb({
  name: "deploy group",
  method: "POST",
  role: "operator",
  path: "/releases/group",
  summary: "Start the release of a group of services",
  input: z.strictObject({
    group: z.string().min(1).describe("Absolute path of the group file."),
    platform: z.enum(["local", "vercel"]).optional().describe("Overrides the playbooks' own choice."),
    now: z.boolean().default(false).describe("Send all notices at once instead of waiting for their times."),
    skip: z.array(z.string()).default([]).describe("Checks to leave out, by name."),
    overrides,
  }),
  async run(plane, input, actor): Promise<Release> {
    const { settings, folder } = await readGroup(input.group);
    const stages = stagesOf(settings);
    const { releases } = await plane.store();
    const opened: { path: string; open: OpenPlaybook }[][] = [];
    for (const stage of stages) {
      const members = stage.map((name) => memberPath(folder, name));
      opened.push(
        await Promise.all(
          members.map(async (path) => ({
            path,
            open: await plane.open({ playbook: path, platform: input.platform }),
          })),
        ),
      );
    }
    const all = opened.flat();
    refuseMisfits(
      input.group,
      settings.group,
      all.map(({ open }) => open),
    );
    for (const { open } of all) {
      const running = await releases.running(open.service, open.environment);
      if (running !== undefined) throw releaseRunning(running);
      await open.platform();
    }
    for (const { open } of all)
      await refuseAtTheStart(plane, open, {
        strategy: open.settings.strategy,
        overrides: input.overrides,
        startedBy: actor,
      });

    const startedAt = plane.clock.now();
    const first = all[0]?.open;
    if (first === undefined) throw new Error("a group without a member");
    let count = 0;
    const members: MemberOrder[][] = [];
    for (const stage of opened) {
      const orders: MemberOrder[] = [];
      for (const { path, open } of stage) {
        // Stamps a second apart: each member has a record and a tag of its own.
        const version = versionAt(startedAt + 1_000 * count++);
        const release = await memberOrder(plane, { path, open, version, startedAt, actor, input });
        orders.push({ release, back: newReleaseId(startedAt) });
      }
      members.push(orders);
    }
    const order: GroupOrder = {
      release: newReleaseId(startedAt),
      group: settings.group,
      environment: first.environment,
      platform: first.platformName,
      version: versionAt(startedAt),
      actor,
      startedAt,
      stages: members,
    };
    const whole = { ...order, service: order.group };
    const release = await releases.open(
      openedRelease(whole, { strategy: "group", version: order.version, phase: "shift", source: "" }),
      [
        beganEvent(whole, {
          strategy: "group",
          platform: order.platform,
          version: order.version,
          members: members.map((stage) =>
            stage.map((member) => ({ service: member.release.service, release: member.release.release })),
          ),
        }),
      ],
    );
    const engine = await plane.engine();
    await engine.start(releaseFlows(plane).group, order.release, order);
    return release;
  },
});

async function memberOrder(
  plane: ControlPlane,
  member: {
    path: string;
    open: OpenPlaybook;
    version: string;
    startedAt: number;
    actor: ReleaseOrder["actor"];
    input: Pick<ReleaseOrder, "now" | "skip" | "overrides">;
  },
): Promise<ReleaseOrder> {
  const { open, path, version, startedAt, actor, input } = member;
  const folder = open.sourceFolder;
  const own = ownPaths(open.settings, plane.places.root);
  const snapshot = await keepSource(plane.places, folder, own);
  const git = await openGit(folder, { own, env: plane.env }).state();
  return {
    release: newReleaseId(startedAt),
    service: open.service,
    environment: open.environment,
    platform: open.platformName,
    strategy: open.settings.strategy,
    version,
    actor,
    startedAt,
    playbook: { path, text: open.file.text },
    folder,
    source: snapshot.digest,
    commit: git.kind === "repository" ? (git.commit ?? null) : null,
    variables: {},
    now: input.now,
    skip: input.skip,
    overrides: input.overrides,
  };
}

/** What each playbook alone cannot know: names that clash, places that differ, channels that would take each other's notices. */
function refuseMisfits(path: string, group: string, members: readonly OpenPlaybook[]): void {
  const mistakes: string[] = [];
  const services = members.map(({ service }) => service);
  const twice = services.find((name, i) => services.indexOf(name) !== i);
  if (twice !== undefined) mistakes.push(`two members ship the service ${twice}`);
  if (services.includes(group)) mistakes.push(`group: ${group} is also the name of a service`);
  const differs = (what: string, of: (open: OpenPlaybook) => string) => {
    const values = [...new Set(members.map(of))];
    if (values.length > 1) mistakes.push(`the members differ in ${what}: ${values.join(", ")}`);
  };
  differs("environment", ({ environment }) => environment);
  differs("platform", ({ platformName }) => platformName);
  const channels = new Set(members.map(({ settings }) => JSON.stringify(settings.notification_channels)));
  if (channels.size > 1)
    mistakes.push(
      "the members differ in notification_channels, and the notices of one folder go by one set of them",
    );
  if (mistakes.length > 0) throw groupMistaken({ file: basename(path), mistakes });
}
