import { openQuestion } from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { releaseCalled } from "../release-now.js";
import {
  abort,
  ackIncident,
  acknowledgeAlert,
  addSilence,
  approve,
  deliveryFigures,
  deploy,
  expireSilence,
  listAlerts,
  listDeployments,
  listIncidents,
  listMonitors,
  listReleases,
  listSilences,
  plan,
  readLedger,
  readLogs,
  rollback,
  showAlert,
  showIncident,
  showMonitor,
  showOnCall,
  showRelease,
  showReleaseNow,
  status,
  type verbs,
  verifyLedger,
} from "../verbs/index.js";

type AnyVerb = (typeof verbs)[number];
type Input = Readonly<Record<string, unknown>>;

/** A tool that agents are offered: a verb under a name of its own. */
export type AgentTool = {
  name: string;
  verb: AnyVerb;
  /** What it is asked with: the verb's own input, about the control plane's own playbook. */
  input: z.ZodObject;
  /** Undefined: it only reads. Else what a plan of it rests on. */
  acts?: {
    /**
     * What stands when it is planned, in a few words. When that is different at the time of the act, the plan was for
     * something else and does not count.
     */
    standing(plane: ControlPlane, own: PlaybookRef, input: Input): Promise<string>;
    /** Whether it may take something away from users or people: what clients ask a person about. */
    destructive: boolean;
  };
};

const reads: readonly (readonly [name: string, verb: AnyVerb])[] = [
  ["status", status],
  ["plan_release", plan],
  ["list_releases", listReleases],
  ["show_release", showRelease],
  ["show_release_now", showReleaseNow],
  ["delivery_figures", deliveryFigures],
  ["list_deployments", listDeployments],
  ["read_logs", readLogs],
  ["list_alerts", listAlerts],
  ["show_alert", showAlert],
  ["list_silences", listSilences],
  ["list_incidents", listIncidents],
  ["show_incident", showIncident],
  ["list_monitors", listMonitors],
  ["show_monitor", showMonitor],
  ["show_on_call", showOnCall],
  ["read_ledger", readLedger],
  ["verify_ledger", verifyLedger],
];

/** A release has to be named, so that a plan for one never ends another. */
const release = z.string().min(1).describe("Id of the release, as `status` tells it.");
const incident = z.string().min(1).describe("Id of the incident, as `list_incidents` tells it.");

const acts: readonly AgentTool[] = [
  acting("deploy", deploy, { standing: whatRuns, destructive: true }),
  acting("approve", approve, { standing: whatIsAsked, destructive: true }, { release }),
  acting("abort", abort, { standing: whereItStands, destructive: true }, { release }),
  acting("rollback", rollback, { standing: whatRuns, destructive: true }),
  acting("acknowledge", acknowledgeAlert, { standing: nothing, destructive: false }),
  acting("acknowledge_incident", ackIncident, { standing: nothing, destructive: false }, { incident }),
  acting("silence", addSilence, { standing: nothing, destructive: false }),
  acting("expire_silence", expireSilence, { standing: nothing, destructive: false }),
];

/** Every tool of `/mcp` that is a verb; `plan` stands beside them. The only list. */
export const agentTools: readonly AgentTool[] = [
  ...reads.map(([name, verb]): AgentTool => ({ name, verb, input: withoutPlaybook(verb) })),
  ...acts,
];

function acting(
  name: string,
  verb: AnyVerb,
  how: NonNullable<AgentTool["acts"]>,
  named: z.ZodRawShape = {},
): AgentTool {
  return { name, verb, input: withoutPlaybook(verb).extend(named), acts: how };
}

/** An agent asks about the one playbook that this control plane is for. */
function withoutPlaybook(verb: AnyVerb): z.ZodObject {
  const { playbook: _playbook, platform: _platform, ...shape } = (verb.input as unknown as z.ZodObject).shape;
  return z.strictObject(shape);
}

/** Another release under way, or another deployment in front of users, is another plan. */
async function whatRuns(plane: ControlPlane, own: PlaybookRef): Promise<string> {
  const { service, environment } = await plane.open(own);
  const { releases } = await plane.store();
  const [running, [newest]] = await Promise.all([
    releases.running(service, environment),
    releases.list({ service, environment, limit: 1 }),
  ]);
  return `${running?.id ?? "no release"} under way, ${newest?.id ?? "none"} the newest`;
}

async function whereItStands(plane: ControlPlane, _own: PlaybookRef, input: Input): Promise<string> {
  const found = await releaseOf(plane, input);
  return `${found.id} ${found.state}`;
}

/** A yes to one question is none to the next. */
async function whatIsAsked(plane: ControlPlane, _own: PlaybookRef, input: Input): Promise<string> {
  const found = await releaseOf(plane, input);
  const question = await openQuestion((await plane.store()).ledger, found);
  return `${found.id} asks ${question?.of ?? "nothing"}`;
}

const releaseOf = (plane: ControlPlane, input: Input) => releaseCalled(plane, String(input["release"]));

/** What it is about is named by its arguments, and cannot become something else. */
async function nothing(): Promise<string> {
  return "as named";
}
