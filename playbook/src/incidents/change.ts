import type { Actor, Json, LedgerEvent } from "../terms/index.js";
import { isWorse } from "./decide.js";
import { noticesOf } from "./messages.js";
import type {
  HealthFinding,
  Incident,
  IncidentRules,
  IncidentSeverity,
  IncidentSource,
  IncidentTarget,
  WorkState,
} from "./model.js";
import { isUnderWay } from "./model.js";
import type { IncidentChange } from "./ports.js";
import { incidentStandsOtherwise, incidentWordMistaken } from "./problems.js";
import { type ForEverybody, withPublic } from "./publish.js";

/** Who changes an incident, when, and by which rules. */
export type Hand = { actor: Actor /** Milliseconds since the epoch. */; at: number; rules: IncidentRules };

/** Who hears of a change: its own channel alone, or the stakeholders as well. */
type Audience = "room" | "everybody" | "nobody";

/** What an incident is opened with. */
export type IncidentOrder = Pick<
  Incident,
  "id" | "service" | "environment" | "severity" | "title" | "source" | "playbook" | "fromSeq"
> & { details?: string; page?: string; releases?: string[] };

/** A new incident, with what is written and told of it. */
export function openedIncident(order: IncidentOrder, hand: Hand): IncidentChange {
  const { actor, at, rules } = hand;
  const linked = (kind: IncidentSource["kind"]) => (order.source.kind === kind ? [order.source.id] : []);
  const incident: Incident = {
    ...order,
    state: "open",
    openedBy: actor,
    openedAt: at,
    severityAt: at,
    roles: {},
    done: {},
    releases: order.releases ?? linked("release"),
    alerts: linked("alert"),
    missed: {},
    notes: 0,
    updates: 0,
    followUps: [],
    version: 0,
    ...(rules.ownChannel
      ? { channel: { name: channelName(at, order.title), is: "wanted", tries: 0, nextAt: at } }
      : {}),
  };
  const { source, details } = order;
  return written(
    incident,
    "incident.opened",
    { severity: order.severity, title: order.title, source, ...(details === undefined ? {} : { details }) },
    hand,
    "everybody",
    `opened by ${actor.name}${source.kind === "person" ? "" : ` for ${source.kind} ${source.id}`}. ${ended(details ?? "")} Take it: atoms incident ack ${order.id}`.replace(
      /\.? +/g,
      (gap) => gap.replace(/ +/, " "),
    ),
  );
}

/** "#incident-20261127-checkout-is-down": the day is that of UTC. */
export function channelName(at: number, title: string): string {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll("-", "");
  const words = title
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `#incident-${day}-${words === "" ? "unnamed" : words}`.slice(0, 80).replace(/-$/, "");
}

/** Somebody has it; the first one counts, and leads until somebody else is said to. Undefined when somebody has it already. */
export function acknowledged(
  incident: Incident,
  hand: Hand,
  who = hand.actor.name,
): IncidentChange | undefined {
  refuseUnless(isUnderWay(incident), incident, "acknowledged");
  if (incident.acknowledgedAt !== undefined) return undefined;
  const { at, rules } = hand;
  const [lead = "commander"] = rules.roles;
  const roles =
    incident.roles[lead] === undefined ? { ...incident.roles, [lead]: { who, at } } : incident.roles;
  const changed: Incident = {
    ...incident,
    state: incident.state === "open" ? "investigating" : incident.state,
    acknowledgedAt: at,
    acknowledgedBy: who,
    roles,
  };
  const data = { by: who, afterMs: at - incident.openedAt };
  return written(changed, "incident.acknowledged", data, hand, "everybody", `${who} has it`);
}

/** @throws incidentWordMistaken (ATM-834). */
export function assigned(incident: Incident, hand: Hand, role: string, who: string): IncidentChange {
  refuseUnless(incident.state !== "closed", incident, "assigned");
  if (!hand.rules.roles.includes(role))
    throw incidentWordMistaken({ what: "role", given: role, known: hand.rules.roles });
  const changed = { ...incident, roles: { ...incident.roles, [role]: { who, at: hand.at } } };
  return written(changed, "incident.assigned", { role, who }, hand, "room", `${who} is ${role}`);
}

/** Something that belongs in its story. @param note.evidence An address, or whatever it can be found by. */
export function noted(
  incident: Incident,
  hand: Hand,
  note: { text: string; evidence?: string },
): IncidentChange {
  const changed: Incident = {
    ...incident,
    notes: incident.notes + 1,
    notedAt: incident.notedAt ?? hand.at,
  };
  const seen = note.evidence === undefined ? "" : ` (${note.evidence})`;
  const told = `${hand.actor.name} notes: ${note.text}${seen}`;
  return written(changed, "incident.noted", { ...note }, hand, "room", told);
}

/** How it stands, for everybody who waits; one that was resolved is open again by it. */
export function updated(
  incident: Incident,
  hand: Hand,
  { text, status, everybody }: { text: string; status?: WorkState; everybody?: ForEverybody },
): IncidentChange {
  const again = incident.state === "resolved" && status !== undefined;
  refuseUnless(isUnderWay(incident) || again, incident, "updated");
  const { at } = hand;
  const {
    resolvedAt,
    resolvedBy: _by,
    resolution: _how,
    verified: _seen,
    review: _review,
    ...open
  } = incident;
  const base: Incident = again ? { ...open, severityAt: at, missed: {} } : incident;
  const stands: Incident = {
    ...base,
    state: status ?? base.state,
    updates: base.updates + 1,
    updatedAt: base.updatedAt ?? at,
    ...(status === "monitoring" ? { fixedAt: base.fixedAt ?? at } : {}),
  };
  const changed = withPublic(stands, at, text, everybody);
  const was = { ...(status === undefined ? {} : { status, was: incident.state }), ...marked(everybody) };
  const said = status === undefined ? text : `${status}: ${text}`;
  return again
    ? written(
        changed,
        "incident.reopened",
        { text, ...was, resolvedAt: resolvedAt ?? null },
        hand,
        "everybody",
        `open again, ${said}`,
      )
    : written(changed, "incident.updated", { text, ...was }, hand, "everybody", said);
}

/** Its targets count anew from now. Undefined when it has this severity. */
export function withSeverity(
  incident: Incident,
  hand: Hand,
  severity: IncidentSeverity,
  because?: string,
): IncidentChange | undefined {
  refuseUnless(isUnderWay(incident), incident, "given another severity");
  if (incident.severity === severity) return undefined;
  const changed: Incident = { ...incident, severity, severityAt: hand.at, missed: {} };
  const why = because === undefined ? "" : `: ${because}`;
  return written(
    changed,
    "incident.severity-changed",
    { severity, was: incident.severity, because },
    hand,
    "everybody",
    `${isWorse(severity, incident.severity) ? "raised" : "lowered"} from ${incident.severity} to ${severity} by ${hand.actor.name}${why}`,
  );
}

/** An item of the checklist is done. Undefined when somebody ticked it already. */
export function ticked(incident: Incident, hand: Hand, number: number): IncidentChange | undefined {
  const { checklist } = hand.rules;
  const item = checklist[number - 1];
  if (item === undefined)
    throw incidentWordMistaken({
      what: "item of the checklist",
      given: String(number),
      known: checklist.map((text, i) => `${i + 1} (${text})`),
    });
  if (incident.done[item] !== undefined) return undefined;
  const done = { ...incident.done, [item]: { by: hand.actor.name, at: hand.at } };
  return written({ ...incident, done }, "incident.item-done", { item }, hand, "room", `done: ${item}`);
}

/** Another alert or release belongs to it. Undefined when that is known. */
export function linked(
  incident: Incident,
  hand: Hand,
  source: IncidentSource & { kind: "alert" | "release" },
): IncidentChange | undefined {
  const list = source.kind === "alert" ? "alerts" : "releases";
  if (incident[list].includes(source.id)) return undefined;
  const changed = { ...incident, [list]: [...incident[list], source.id] };
  return written(
    changed,
    "incident.linked",
    { source },
    hand,
    "room",
    `${source.kind} ${source.id} belongs to it`,
  );
}

/** It is over: `findings` were looked at just now. */
export function resolved(
  incident: Incident,
  hand: Hand,
  given: { text: string; findings: HealthFinding[]; anyway?: string; everybody?: ForEverybody },
): IncidentChange {
  refuseUnless(isUnderWay(incident), incident, "resolved");
  const { at, actor, rules } = hand;
  const { text, findings, anyway, everybody } = given;
  const over: Incident = {
    ...incident,
    state: "resolved",
    resolvedAt: at,
    resolvedBy: actor.name,
    resolution: text,
    verified: { findings, ...(anyway === undefined ? {} : { anyway }) },
    ...(rules.reviews.includes(incident.severity) ? { review: { dueAt: at + rules.reviewWithin } } : {}),
  };
  const changed = withPublic(over, at, text, everybody);
  const data = { text, afterMs: at - incident.openedAt, findings, anyway, ...marked(everybody) };
  const how = anyway === undefined ? "The service was looked at and is well" : `Not verified: ${anyway}`;
  return written(
    changed,
    "incident.resolved",
    data,
    hand,
    "everybody",
    `resolved by ${actor.name}: ${ended(text)} ${how}`,
  );
}

/** Nothing is left to do. Undefined when it is closed. */
export function closed(incident: Incident, hand: Hand): IncidentChange | undefined {
  if (incident.state === "closed") return undefined;
  refuseUnless(incident.state === "resolved", incident, "closed");
  const { at, actor } = hand;
  const changed: Incident = { ...incident, state: "closed", closedAt: at };
  return written(changed, "incident.closed", {}, hand, "room", `closed by ${actor.name}`);
}

/** Something to be done afterwards. */
export function followedUp(incident: Incident, hand: Hand, text: string, owner?: string): IncidentChange {
  const { actor, at } = hand;
  const one = { text, ...(owner === undefined ? {} : { owner }), by: actor.name, at };
  const changed = { ...incident, followUps: [...incident.followUps, one] };
  const whose = owner === undefined ? "" : ` (${owner})`;
  return written(changed, "incident.follow-up", { text, owner }, hand, "room", `to be done: ${text}${whose}`);
}

/** Its post-mortem was drafted. Undefined when it was before. */
export function drafted(incident: Incident, hand: Hand): IncidentChange | undefined {
  if (incident.review?.draftedAt !== undefined || incident.resolvedAt === undefined) return undefined;
  const review = {
    dueAt: incident.resolvedAt + hand.rules.reviewWithin,
    ...incident.review,
    draftedAt: hand.at,
    draftedBy: hand.actor.name,
  };
  return written(
    { ...incident, review },
    "incident.reviewed",
    {},
    hand,
    "room",
    `${hand.actor.name} drafted the post-mortem`,
  );
}

/** A promise was not kept. Undefined when that was noted. */
export function missed(
  incident: Incident,
  hand: Hand,
  target: IncidentTarget,
  dueAt: number,
): IncidentChange | undefined {
  if (incident.missed[target] !== undefined || !isUnderWay(incident)) return undefined;
  const changed = { ...incident, missed: { ...incident.missed, [target]: hand.at } };
  return written(
    changed,
    "incident.target-missed",
    { target, dueAt, severity: incident.severity },
    hand,
    "everybody",
    missedText(target),
  );
}

/** What is told, and paged, when a target is missed. */
export const missedText = (target: IncidentTarget): string =>
  target === "response" ? "nobody has it, and the time to respond is over" : "the time to resolve it is over";

/** Those on call were paged for it. Undefined when that is known. */
export function paged(incident: Incident, hand: Hand, page: string): IncidentChange | undefined {
  if (incident.page !== undefined) return undefined;
  return written({ ...incident, page }, "incident.paged", { page }, hand, "nobody", "");
}

/** Its own channel is there, or could not be made this time. */
export function withChannel(
  incident: Incident,
  hand: Hand,
  channel: NonNullable<Incident["channel"]>,
): IncidentChange | undefined {
  if (incident.channel?.is !== "wanted") return undefined;
  const changed: Incident = { ...incident, channel };
  const { name, is, because } = channel;
  if (is === "wanted")
    return { incident: { ...changed, version: incident.version + 1 }, events: [], notices: [] };
  const kind = is === "there" ? "incident.channel-made" : "incident.channel-failed";
  const text =
    is === "there"
      ? `talked about in ${name}. Led by ${leadOf(changed)}`
      : `${name} could not be made: ${because}`;
  return written(changed, kind, { channel: name, because }, hand, "everybody", text);
}

/** The post-mortem is due. Undefined when that was said, or it is drafted. */
export function reminded(incident: Incident, hand: Hand): IncidentChange | undefined {
  const { review } = incident;
  if (review === undefined || review.draftedAt !== undefined || review.remindedAt !== undefined)
    return undefined;
  const changed = { ...incident, review: { ...review, remindedAt: hand.at } };
  return written(
    changed,
    "incident.review-due",
    {},
    hand,
    "everybody",
    `its post-mortem is due: atoms incident review ${incident.id}`,
  );
}

/** Nothing of it is public any more; the ledger goes on to say what was. Undefined when nothing is. */
export function unpublished(incident: Incident, hand: Hand): IncidentChange | undefined {
  const { published, ...inside } = incident;
  if (published === undefined) return undefined;
  const told = `${hand.actor.name} took it off the status page`;
  return written(inside, "incident.unpublished", { updates: published.updates.length }, hand, "room", told);
}

const marked = (everybody: ForEverybody | undefined) => (everybody === undefined ? {} : { public: true });
const leadOf = ({ roles }: Incident) => roles["commander"]?.who ?? "nobody yet";
const ended = (text: string) => (text === "" || /[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);

function refuseUnless(fine: boolean, incident: Incident, wish: string): void {
  if (!fine) throw incidentStandsOtherwise({ incident: incident.id, state: incident.state, wish });
}

/** The change with its event and its messages. Every change of an incident has a number, and so a key. */
export function written(
  changed: Incident,
  kind: string,
  data: { [key: string]: Json | undefined },
  hand: Hand,
  audience: Audience,
  text: string,
): IncidentChange {
  const incident = { ...changed, version: changed.version + 1 };
  const { id, service, environment, version, releases } = incident;
  const [release] = releases;
  const event: LedgerEvent = {
    key: `${id}/${version}/${kind}`,
    kind,
    at: hand.at,
    actor: hand.actor,
    service,
    environment,
    ...(release === undefined ? {} : { release }),
    data: { incident: id, ...data },
  };
  const channels = audience === "everybody" ? hand.rules.stakeholders : [];
  const room = audience !== "nobody" && incident.channel?.is === "there" ? [incident.channel.name] : [];
  return {
    incident,
    events: [event],
    notices: noticesOf(incident, { text, at: hand.at, stakeholders: channels, room }),
  };
}
