import { type Hand, written } from "./change.js";
import type { Incident } from "./model.js";
import type { IncidentChange } from "./ports.js";

/** A message that somebody pinned in the incident's own channel. `at`: when it was written, in milliseconds since the epoch. */
export type Pin = { id: string; text: string; by: string; at: number; link?: string };

/** A pinned message belongs into the story, at the time when it was written. Undefined when it is there. */
export function withPin(
  incident: Incident,
  { rules }: Pick<Hand, "rules">,
  pin: Pin,
): IncidentChange | undefined {
  const { channel } = incident;
  if (channel === undefined || channel.pinned?.includes(pin.id)) return undefined;
  const changed: Incident = {
    ...incident,
    channel: { ...channel, pinned: [...(channel.pinned ?? []), pin.id] },
    notedAt: incident.notedAt ?? pin.at,
  };
  const { text, by, at, link } = pin;
  const hand: Hand = { actor: { kind: "person", name: by, via: "slack" }, at, rules };
  // The channel knows: it was said there.
  return written(changed, "incident.pinned", { text, evidence: link }, hand, "nobody", text);
}

/** Slack does not let Atoms read what is pinned; it is not asked again. Undefined when that was said. */
export function pinsUnread(incident: Incident, hand: Hand, because: string): IncidentChange | undefined {
  const { channel } = incident;
  if (channel === undefined || channel.unread !== undefined) return undefined;
  const changed: Incident = { ...incident, channel: { ...channel, unread: because } };
  const told = `messages that are pinned here are not read: ${because}`;
  return written(changed, "incident.pins-unread", { because }, hand, "room", told);
}
