import { type ChannelMade, type Incident, incidentFlow, makeSlackChannel } from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import { page } from "../on-call/index.js";
import { playbookNow, rulesNow } from "./rules.js";

const flows = new WeakMap<ControlPlane, ReturnType<typeof makeFlow>>();

/** The flow of incidents of a control plane; the same one whenever it is asked for. */
export function incidentFlowOf(plane: ControlPlane): ReturnType<typeof makeFlow> {
  const known = flows.get(plane) ?? makeFlow(plane);
  flows.set(plane, known);
  return known;
}

/** Starts the flow of an incident; nothing when it was ever started. */
export async function startIncident(plane: ControlPlane, { id }: Incident): Promise<void> {
  const engine = await plane.engine();
  await engine.start(incidentFlowOf(plane), id, { incident: id });
}

/** Starts what a process opened and died before it could start. */
export async function startLostIncidents(plane: ControlPlane): Promise<void> {
  const { incidents } = await plane.store();
  for (const one of await incidents.list({ only: "unclosed", limit: 1_000 })) await startIncident(plane, one);
}

const actor = { kind: "atoms", name: "atoms", via: "flow" } as const;

function makeFlow(plane: ControlPlane) {
  return incidentFlow({
    clock: plane.clock,
    store: async () => (await plane.store()).incidents,
    rules: (incident) => rulesNow(plane, incident),
    async page(incident, of) {
      const { id, service, environment, severity, details, playbook } = incident;
      const opened = await page(plane, {
        playbook: playbook.path,
        platform: playbook.platform,
        id: `${id}:${of.id}`,
        service,
        environment,
        severity,
        title: of.title,
        ...(details === undefined ? {} : { details }),
        about: { kind: "incident", id },
        actor,
      });
      return opened.id;
    },
    isPaging: async (id) => (await (await plane.store()).onCall.page(id))?.state === "paging",
    makeChannel: (incident, signal) => makeChannel(plane, incident, signal),
  });
}

async function makeChannel(
  plane: ControlPlane,
  incident: Incident,
  signal: AbortSignal,
): Promise<ChannelMade> {
  const { settings } = await playbookNow(plane, incident);
  const { slack } = settings.notification_channels;
  if (slack?.token === undefined) return { is: "not there", retry: false, because: "no Slack app is set up" };
  const { severity, service, environment, title, channel } = incident;
  const made = await makeSlackChannel(
    { apiUrl: slack.api_url, token: slack.token },
    channel?.name ?? "",
    { http: plane.http, clock: plane.clock },
    { topic: `${severity} ${service} in ${environment}: ${title} (${incident.id})` },
    signal,
  );
  if ("id" in made) return { is: "there", name: made.name, id: made.id };
  return { is: "not there", retry: made.retry, because: made.because };
}
