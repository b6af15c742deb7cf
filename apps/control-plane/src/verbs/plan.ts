import {
  analysisSettings,
  isProblem,
  leadTime,
  type Phase,
  type PlaybookSettings,
  type ProblemData,
  type Proven,
  plannedPreflight,
  releaseRunning,
  type StrategyKind,
  smokeChecks,
  strategies,
  strategyKinds,
} from "@atoms/playbook";
import { z } from "zod";
import { ownPaths, planOf } from "../playbook-at-hand.js";
import { preflightWithout } from "../release-world.js";
import { ownPathsIn } from "../source.js";
import { openWorkspace } from "../workspace/index.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** What a release would do, before it does anything. */
export type Plan = {
  service: string;
  environment: string;
  platform: string;
  strategy: string;
  source: { folder: string; files: number; bytes: number } | { unreadable: string };
  /** What production serves now, and where a rollback would lead. */
  serving?: { deployment: string; version?: string };
  wayBack?: { deployment: string; version: string; provenAt: number };
  phases: { phase: Phase; deadlineMs: number; does: string[] }[];
  /** Why it would be refused or fail if it were started now. */
  obstacles: ProblemData[];
  /** Parts of the playbook that are left out because a variable is not set. */
  notConfigured: string[];
};

/** Says what a release would do; touches nothing. */
export const plan = defineVerb({
  name: "plan",
  method: "GET",
  path: "/plan",
  summary: "Say what a release would do",
  input: z.strictObject({
    ...playbookRef,
    source: z.string().optional(),
    strategy: z.enum(strategyKinds).optional(),
    skip: z.array(z.string()).default([]),
    now: z.boolean().default(false),
  }),
  async run(plane, input): Promise<Plan> {
    const open = await plane.open(input);
    const { settings } = open;
    const { deadlines, deployment_communication: communication } = settings;
    const kind = input.strategy ?? settings.strategy;
    const { watch: watching } = settings[kind];
    const folder = input.source ?? open.sourceFolder;
    const own = ownPaths(settings, plane.places.root);
    const workspace = openWorkspace({
      folder,
      state: plane.places.home,
      own,
      exclude: ownPathsIn(folder, own),
      env: plane.env,
    });
    const { releases } = await plane.store();
    const obstacles: ProblemData[] = [];
    const [source, running, proven, production] = await Promise.all([
      workspace.source(),
      releases.running(open.service, open.environment),
      releases.proven(open.service, open.environment, 5),
      open
        .platform({ start: false })
        .then((platform) => platform.production(AbortSignal.timeout(10_000)))
        .catch((error: unknown) => {
          // The local cloud is started by the release itself, so its absence is no obstacle.
          if (isProblem(error) && error.code !== "ATM-903") obstacles.push(error.toJSON());
          if (!isProblem(error)) throw error;
          return undefined;
        }),
    ]);
    if (running !== undefined) obstacles.push(releaseRunning(running).toJSON());
    const serving = production?.deployment;
    const wayBack = proven.find((p) => p.deployment === serving?.id) ?? proven[0];
    const validation = planOf(settings);
    const preflight = plannedPreflight(preflightWithout(settings.preflight, input.skip)).map((c) => c.title);
    const smoke = smokeChecks.filter((check) => check.wanted(validation.smoke)).map((check) => check.title);
    const timed =
      validation.performance === false ? [] : [`${validation.performance.samples} timed requests per path`];
    const lead = input.now ? 0 : leadTime(communication);
    const watch = `a look every ${watching.interval / 1_000} s for ${watching.duration / 1_000} s; more than ${watching.failures} failed, or ${watching.consecutive} in a row, and it goes back`;
    return {
      service: open.service,
      environment: open.environment,
      platform: open.platformName,
      strategy: kind,
      source:
        source.kind === "readable"
          ? { folder, files: source.files, bytes: source.bytes }
          : { unreadable: source.because },
      ...(serving === undefined
        ? {}
        : {
            serving: {
              deployment: serving.id,
              ...(serving.version === undefined ? {} : { version: serving.version }),
            },
          }),
      ...(wayBack === undefined ? {} : { wayBack: wayBackOf(wayBack) }),
      phases: [
        { phase: "preflight", deadlineMs: deadlines.preflight, does: preflight },
        {
          phase: "backup",
          deadlineMs: deadlines.backup,
          does: [`state of production and its variables, encrypted, to ${settings.backup.folder}`],
        },
        { phase: "announce", deadlineMs: lead + 60_000, does: announcements(communication, lead) },
        { phase: "deploy", deadlineMs: deadlines.deploy, does: ["upload and build, without traffic"] },
        { phase: "validate", deadlineMs: deadlines.validate, does: [...smoke, ...timed] },
        {
          phase: "shift",
          deadlineMs: strategies[kind].shiftDeadline({
            ...settings,
            plan: communication,
            analysis: analysisSettings(settings.canary, settings.service.kind),
          }),
          does: shiftWords(kind, settings),
        },
        { phase: "watch", deadlineMs: watching.duration * 2 + 120_000, does: [watch] },
        { phase: "finish", deadlineMs: deadlines.finish, does: ["record, tag, notices"] },
      ],
      obstacles,
      notConfigured: open.notConfigured.map((one) => one.message),
    };
  },
});

const wayBackOf = ({ deployment, version, at }: Proven) => ({ deployment, version, provenAt: at });

function announcements(
  plan:
    | {
        pre_deployment: readonly unknown[];
        during_deployment: readonly unknown[];
        post_deployment: readonly unknown[];
      }
    | undefined,
  lead: number,
): string[] {
  if (plan === undefined) return ["nobody is told: the playbook has no communication plan"];
  const messages = plan.pre_deployment.length + plan.during_deployment.length + plan.post_deployment.length;
  const wait =
    lead === 0 ? "traffic may move at once" : `traffic moves ${lead / 60_000} minutes after the first`;
  return [`${messages} messages; ${wait}`];
}

function shiftWords(kind: StrategyKind, settings: PlaybookSettings): string[] {
  const { canary } = settings;
  switch (kind) {
    case "standard":
      return ["all traffic at once, proven on every production host"];
    case "blue-green":
      return [
        `${settings["blue-green"].warm_up} requests to green before it gets traffic`,
        "all traffic at once, proven on every production host; blue is kept warm",
      ];
    case "canary":
      return [
        `traffic in steps: ${canary.steps.join(" %, ")} %`,
        `each watched at most ${canary.bake / 1_000} s, judged every ${canary.interval / 1_000} s by ${canary.source}`,
        ...(canary.approve === "never" ? [] : [`a person approves ${canary.approve} (\`atoms approve\`)`]),
      ];
  }
}
