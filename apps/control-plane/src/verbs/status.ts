import {
  type Alert,
  isProblem,
  judgeAnswer,
  type Platform,
  type ProblemData,
  type Production,
  type Release,
  type Rollout,
  severities,
} from "@atoms/playbook";
import { z } from "zod";
import { outsideNews } from "../builds/index.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { membersOf } from "../group-members.js";
import { internalFailure, platformSilent } from "../problems.js";
import { releaseNow } from "../release-now.js";
import { countsOf } from "./alerts.js";
import { monitorStatuses } from "./monitors.js";
import { playbookRef } from "./playbook-ref.js";
import { type ProductionStatus, type Status, statusCall } from "./status-call.js";
import { defineVerb } from "./verb.js";

/** Says what is served, what is under way and what happened last; starts and changes nothing. */
export const status = defineVerb({
  ...statusCall,
  role: "viewer",
  summary: "Say what is served and what is under way",
  answers: "among others `running`, the release under way, with `now` as of GET /releases/now.",
  input: z.strictObject({ ...playbookRef }),
  async run(plane, input): Promise<Status> {
    const open = await plane.open(input);
    const { releases, outbox, samples, alerts, incidents } = await plane.store();
    const [
      production,
      running,
      recent,
      waiting,
      dead,
      grouped,
      monitors,
      standing,
      evaluatedAt,
      troubles,
      outside,
    ] = await Promise.all([
      productionStatus(plane, open),
      releases.running(open.service, open.environment),
      releases.list({ service: open.service, environment: open.environment, limit: 6 }),
      outbox.list({ state: "waiting", limit: 1_000 }),
      outbox.list({ state: "dead", limit: 1_000 }),
      releases.list({ state: "running", limit: 100 }),
      monitorStatuses(plane, open, samples),
      alerts.open(open.service, open.environment),
      alerts.lastEvaluated(open.service, open.environment),
      incidents.list({
        service: open.service,
        environment: open.environment,
        only: "under way",
        limit: 20,
      }),
      outsideNews(plane, open),
    ]);
    return {
      service: open.service,
      environment: open.environment,
      platform: open.platformName,
      production,
      ...(running === undefined
        ? {}
        : {
            running: {
              release: running,
              now: await releaseNow(plane, running),
              worked: await isWorked(plane, running),
              ...stuck(plane, running),
            },
          }),
      groups: await Promise.all(
        grouped
          .filter((release) => release.strategy === "group")
          .map(async (release) => ({
            release,
            worked: await isWorked(plane, release),
            members: await membersOf(plane, release),
          })),
      ),
      past: recent.filter((r) => r.state !== "running").slice(0, 5),
      monitors,
      alerts: {
        firing: standing.filter(({ state }) => state === "firing").sort(byLoudness),
        ...countsOf(open.settings),
        ...(evaluatedAt === undefined ? {} : { evaluatedAt }),
      },
      incidents: troubles,
      outside,
      notices: { waiting: waiting.length, dead: dead.length },
      controlPlane: plane.kind,
    };
  },
});

const byLoudness = (a: Alert, b: Alert) => severities.indexOf(a.severity) - severities.indexOf(b.severity);

/** How long the platform is waited for. */
const patienceMs = 10_000;

async function productionStatus(
  plane: ControlPlane,
  open: OpenPlaybook,
): Promise<ProductionStatus | { unknown: ProblemData }> {
  let platform: Platform;
  let production: Production;
  let rollout: Rollout | undefined;
  try {
    platform = await open.platform({ start: false });
    const signal = AbortSignal.timeout(patienceMs);
    // What splits traffic is good to know, and no reason to say nothing of what production serves.
    const split = platform.rollout(signal).catch(() => undefined);
    production = await platform.production(signal);
    rollout = await split;
  } catch (error) {
    if (isProblem(error)) return { unknown: error.toJSON() };
    if (error instanceof Error && error.name === "TimeoutError") {
      return {
        unknown: platformSilent({ platform: open.platformName, seconds: patienceMs / 1_000 }).toJSON(),
      };
    }
    plane.reportBug("reading production", error);
    return { unknown: internalFailure({ what: "reading production" }).toJSON() };
  }
  const { deployment, autoAssign, moving } = production;
  const { path } = open.settings.rollback.proof;
  const shift = rollout?.state === "active" ? { to: rollout.candidate, share: rollout.share } : undefined;
  const hosts = await Promise.all(
    production.hosts.map(async (host) => {
      const answer = await plane.http.send({
        url: host + path,
        headers: platform.passHeaders(),
        timeoutMs: 5_000,
      });
      const judged = judgeAnswer(answer, deployment?.id ?? "");
      if (judged.right || shift === undefined) return { host, right: judged.right, saw: judged.saw };
      // Whoever asks may be one of those who get the candidate.
      const canary = judgeAnswer(answer, shift.to);
      return { host, right: canary.right, saw: canary.right ? canary.saw : judged.saw };
    }),
  );
  return {
    hosts,
    autoAssign,
    ...(deployment === undefined ? {} : { deployment }),
    ...(moving === undefined ? {} : { moving }),
    ...(shift === undefined ? {} : { shift }),
  };
}

const stuck = (plane: ControlPlane, { id }: Release) => {
  const problem = plane.stuck(id);
  return problem === undefined ? {} : { stuck: problem.toJSON() };
};

/** A background control plane works on every release in its store; a command that could open the store found it idle. */
async function isWorked(plane: ControlPlane, release: Release): Promise<boolean> {
  if (!plane.hasEngine()) return false;
  const engine = await plane.engine();
  return (await engine.state(release.id)).state === "running";
}
