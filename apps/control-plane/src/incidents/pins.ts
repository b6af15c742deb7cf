import { type Incident, pinnedInSlack, pinsUnread, withPin } from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import { keepLooking } from "../keep-looking.js";
import { changeIncident } from "./incident.js";
import { playbookNow } from "./rules.js";

const lookMs = 30_000;
const mostIncidents = 100;
const actor = { kind: "atoms", name: "atoms", via: "flow" } as const;

/** Takes up what people pin in the channels of incidents, until the signal fires. */
export const keepReadingPins = (plane: ControlPlane, signal: AbortSignal): Promise<void> =>
  keepLooking(
    plane,
    { what: "reading pinned messages", everyMs: lookMs },
    async () => {
      const { incidents } = await plane.store();
      for (const one of await incidents.list({ only: "unclosed", limit: mostIncidents }))
        await takeUpPins(plane, one, signal);
    },
    signal,
  );

/**
 * Puts the messages that people pinned in an incident's own channel into its story, each once. Slack that is away keeps nobody up: it
 * is asked again at the next look; what it refuses for good is told once.
 */
export async function takeUpPins(
  plane: ControlPlane,
  incident: Incident,
  signal: AbortSignal,
): Promise<void> {
  const { id, channel } = incident;
  if (channel?.is !== "there" || channel.id === undefined || channel.unread !== undefined) return;
  const { slack } = (await playbookNow(plane, incident)).settings.notification_channels;
  if (slack?.token === undefined) return;
  const found = await pinnedInSlack({ apiUrl: slack.api_url, token: slack.token }, channel.id, plane, signal);
  if (!Array.isArray(found)) {
    if (found.retry) return;
    await changeIncident(plane, id, actor, (standing, hand) => pinsUnread(standing, hand, found.because));
    return;
  }
  for (const pin of found.filter((one) => channel.pinned?.includes(one.id) !== true))
    await changeIncident(plane, id, actor, (standing, hand) => withPin(standing, hand, pin));
}
