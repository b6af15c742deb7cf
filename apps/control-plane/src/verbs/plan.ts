import {
  type Actor,
  analysisSettings,
  assessSafety,
  builtAlready,
  type Deployment,
  formatDuration,
  freezeWindows,
  type GateAnswer,
  type GateOverrides,
  type GatePoint,
  gateChannelOf,
  gatePoints,
  isProblem,
  type Known,
  leadTime,
  nextFreezes,
  numbersUnreadable,
  type Phase,
  type PlaybookSettings,
  type ProblemData,
  type Proven,
  plannedPreflight,
  releaseRunning,
  type SafetyPolicy,
  type SafetyReport,
  type StrategyKind,
  smokeChecks,
  strategies,
  strategyKinds,
} from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import {
  type FoundDeployment,
  findExisting,
  sourceOfRelease,
  withoutSource,
} from "../existing-deployment.js";
import { numbersProof, ownPaths, planOf } from "../playbook-at-hand.js";
import { preflightWithout } from "../release-world.js";
import { folderSource, type LookedAtSource, safetyFacts } from "../safety-facts.js";
import { ownPathsIn } from "../source.js";
import { lookAtGates, overrides } from "../start-gates.js";
import { openWorkspace } from "../workspace/index.js";
import { builtDeployment } from "./deploy.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** What a release would do, before it does anything. */
export type Plan = {
  service: string;
  environment: string;
  platform: string;
  strategy: string;
  source: { folder: string; files: number; bytes: number } | { unreadable: string } | { deployment: string };
  /** What production serves now, and where a rollback would lead. */
  serving?: { deployment: string; version?: string };
  wayBack?: { deployment: string; version: string; provenAt: number };
  /** Whether going back would be safe; left out where it is not looked at or the platform cannot be asked. */
  safety?: SafetyReport & { policy: SafetyPolicy | "none" };
  /** The gates that it would meet, and how they stand now, as far as nobody has to be asked. */
  gates: {
    gate: string;
    at: GatePoint;
    says: string;
    is?: GateAnswer["is"];
    because?: string;
    /** When it opens, if it is shut and that is known; in milliseconds since the epoch. */
    opensAt?: number;
  }[];
  /** The next times without releases, the one that lasts included. Milliseconds since the epoch. */
  freezes: { name: string; zone: string; from: number; until: number }[];
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
  role: "viewer",
  path: "/plan",
  summary: "Say what a release would do",
  input: z.strictObject({
    ...playbookRef,
    source: z.string().optional(),
    deployment: builtDeployment,
    strategy: z.enum(strategyKinds).optional(),
    skip: z.array(z.string()).default([]),
    now: z.boolean().default(false),
    overrides,
  }),
  async run(plane, input, actor): Promise<Plan> {
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
    const found = await foundFor(plane, open, input, obstacles);
    const safety = await safetyOf(
      plane,
      open,
      input.deployment === undefined
        ? { known: folderSource(folder, ownPathsIn(folder, own)) }
        : await sourceOfRelease(plane.places, found?.source ?? ""),
      input.deployment !== undefined,
    );
    const gates = await gatesOf(plane, open, kind, actor, input.overrides);
    obstacles.push(...gates.refusals);
    if (running !== undefined) obstacles.push(releaseRunning(running).toJSON());
    const serving = production?.deployment;
    if (kind === "canary") obstacles.push(...(await unreadableNumbers(plane, open, serving)));
    const wayBack = proven.find((p) => p.deployment === serving?.id) ?? proven[0];
    const validation = planOf(settings);
    const numbers =
      kind === "canary" && (settings.canary.source === "prometheus" || settings.canary.source === "vercel");
    const preflight = plannedPreflight(preflightWanted(settings.preflight, input, found), [
      ...(numbers ? ["numbers"] : []),
      ...(kind === "canary" && settings.canary.split === "weights" ? ["split"] : []),
      ...((settings.alerts ?? []).length > 0 ? ["alerts"] : []),
    ]).map((c) => c.title);
    const smoke = smokeChecks.filter((check) => check.wanted(validation.smoke)).map((check) => check.title);
    const timed =
      validation.performance === false ? [] : [`${validation.performance.samples} timed requests per path`];
    const contract =
      validation.contract === false || validation.smoke.mcp === false
        ? []
        : ["the tools and schemas are compared with those that production serves"];
    const lead = input.now ? 0 : leadTime(communication);
    const watch = `a look every ${watching.interval / 1_000} s for ${watching.duration / 1_000} s; more than ${watching.failures} failed, or ${watching.consecutive} in a row, and it goes back`;
    return {
      service: open.service,
      environment: open.environment,
      platform: open.platformName,
      strategy: kind,
      source:
        input.deployment !== undefined
          ? { deployment: found?.existing.id ?? input.deployment }
          : source.kind === "readable"
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
      ...(safety === undefined ? {} : { safety }),
      gates: gates.all,
      freezes: nextFreezes(freezeWindows(settings.gates.freeze), plane.clock.now(), 10).map(
        ({ window, from, until }) => ({ name: window.name, zone: window.zone, from, until }),
      ),
      phases: [
        { phase: "preflight", deadlineMs: deadlines.preflight, does: preflight },
        {
          phase: "backup",
          deadlineMs: deadlines.backup,
          does: [`state of production and its variables, encrypted, to ${settings.backup.folder}`],
        },
        { phase: "announce", deadlineMs: lead + 60_000, does: announcements(communication, lead) },
        {
          phase: "deploy",
          deadlineMs: deadlines.deploy,
          does: [
            input.deployment === undefined
              ? "upload and build, without traffic"
              : `${found?.existing.id ?? input.deployment} is taken as it is; nothing is built, no variable is set`,
          ],
        },
        { phase: "validate", deadlineMs: deadlines.validate, does: [...smoke, ...timed, ...contract] },
        {
          phase: "shift",
          deadlineMs: strategies[kind].shiftDeadline({
            ...settings,
            contract: settings.validation.contract,
            gateChannel: gateChannelOf(settings),
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

/** The deployment that would be released as it is; undefined when one would be built, or when it can not be released. */
async function foundFor(
  plane: ControlPlane,
  open: OpenPlaybook,
  {
    deployment,
    source,
    skip,
  }: { deployment?: string | undefined; source?: string | undefined; skip: string[] },
  obstacles: ProblemData[],
): Promise<FoundDeployment | undefined> {
  if (deployment === undefined) return undefined;
  try {
    if (source !== undefined) throw builtAlready({ given: "a source folder" });
    return await findExisting(plane, open, { deployment, skip, start: false }, AbortSignal.timeout(10_000));
  } catch (error) {
    if (!isProblem(error)) throw error;
    if (!obstacles.some(({ code }) => code === error.code)) obstacles.push(error.toJSON());
    return undefined;
  }
}

/** The preflight that would be run, without what was left out by name or cannot be looked at. */
function preflightWanted(
  settings: PlaybookSettings["preflight"],
  { skip, deployment }: { skip: string[]; deployment?: string | undefined },
  found: FoundDeployment | undefined,
): PlaybookSettings["preflight"] {
  const left = preflightWithout(settings, skip);
  return deployment === undefined ? left : withoutSource(left, found?.existing.branch ?? null);
}

/** The report that a release would begin with. The new deployment's MCP contract is not known before it is made. */
async function safetyOf(
  plane: ControlPlane,
  open: OpenPlaybook,
  source: Known<LookedAtSource>,
  built: boolean,
): Promise<Plan["safety"] | undefined> {
  const { settings, service, environment } = open;
  const { safety } = settings.rollback;
  if (safety === false) return undefined;
  const { releases } = await plane.store();
  try {
    const platform = await open.platform({ start: false });
    const facts = await safetyFacts(
      {
        settings,
        platform,
        releases,
        places: plane.places,
        service,
        environment,
        source,
        variables: {},
        built,
      },
      AbortSignal.timeout(10_000),
    );
    const report = assessSafety(facts);
    return { ...report, policy: report.level === "safe" ? "none" : safety[report.level] };
  } catch (error) {
    // What cannot be asked or read is among the obstacles already.
    if (isProblem(error) || (error instanceof Error && error.name === "TimeoutError")) return undefined;
    throw error;
  }
}

/** The counters of a canary that cannot be read, tried on what production serves. */
async function unreadableNumbers(
  plane: Pick<ControlPlane, "http" | "clock">,
  open: OpenPlaybook,
  serving: Deployment | undefined,
): Promise<ProblemData[]> {
  // A platform that is not there is an obstacle already, or the local cloud, which the release starts.
  const platform = await open.platform({ start: false }).catch((error: unknown) => {
    if (isProblem(error)) return undefined;
    throw error;
  });
  const prove = numbersProof(plane, open.settings, platform ?? { requestCounts: async () => [] });
  const findings = (await prove?.(serving, AbortSignal.timeout(15_000))) ?? [];
  const bad = findings.filter(({ outcome }) => outcome === "fail" || outcome === "error");
  return bad.length === 0 ? [] : [numbersUnreadable({ saw: bad.map(({ saw }) => saw) }).toJSON()];
}

async function gatesOf(
  plane: ControlPlane,
  open: OpenPlaybook,
  strategy: StrategyKind,
  startedBy: Actor,
  given: GateOverrides,
): Promise<{ all: Plan["gates"]; refusals: ProblemData[] }> {
  const wish = { strategy, startedBy, overrides: given };
  const all: Plan["gates"] = [];
  const refusals: ProblemData[] = [];
  for (const at of gatePoints) {
    if (at === "step" && strategy !== "canary") continue;
    for (const { gate, answer } of await lookAtGates(plane, open, at, wish)) {
      const { id, says } = gate;
      const stands = answer === undefined ? {} : { is: answer.is, because: answer.because };
      const opens = answer?.is === "shut" && answer.opensAt !== undefined ? { opensAt: answer.opensAt } : {};
      all.push({ gate: id, at, says, ...stands, ...opens });
      if (at === "start" && answer?.is === "refused") refusals.push(answer.problem);
    }
  }
  const { before_shift, people, expires } = open.settings.gates.approval;
  const whom = people === 1 ? "a person approves" : `${people} people approve`;
  if (before_shift)
    all.push({ gate: "approval", at: "shift", says: `${whom} within ${formatDuration(expires)}` });
  if (strategy === "canary" && open.settings.canary.approve !== "never")
    all.push({ gate: "approval", at: "step", says: `${whom}, ${open.settings.canary.approve}` });
  return { all, refusals };
}

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
        `${settings["blue-green"].retire.after / 60_000} minutes after the release: ${blueWords[settings["blue-green"].retire.policy]}`,
      ];
    case "canary":
      return [
        `traffic in steps: ${canary.steps.join(" %, ")} %`,
        `each watched at most ${canary.bake / 1_000} s, judged every ${canary.interval / 1_000} s by ${canary.source}`,
        ...(canary.approve === "never" ? [] : [`a person approves ${canary.approve} (\`atoms approve\`)`]),
      ];
  }
}

const blueWords = {
  stop: "blue is no longer kept warm",
  keep: "blue is kept warm still, until the next release",
  delete: "blue is deleted",
};
