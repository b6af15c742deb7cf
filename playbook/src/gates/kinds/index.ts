import type { Gate, GatePoint, GateSubject } from "../model.js";
import type { GateSettings } from "../settings.js";
import { type Asked, approvalGate } from "./approval.js";
import { emergencyFreezeGate } from "./emergency-freeze.js";
import { freezeGate } from "./freeze.js";
import { incidentGate } from "./incident.js";
import { pinGate } from "./pin.js";
import { webhookGate } from "./webhook.js";

/** One kind of gate: which gates of this kind stand at a point. */
type GateKind = (
  settings: GateSettings,
  point: GatePoint,
  subject: GateSubject,
  asked: Asked | undefined,
) => (Gate | undefined)[];

/** Every kind of gate; the only list. */
const kinds: readonly GateKind[] = [
  // A freeze that begins, a pin that is set, or an incident that is opened while a canary is under way does not undo what was begun.
  (settings, point, subject) => (point === "step" ? [] : [freezeGate(settings.freeze, subject)]),
  (_settings, point, subject) => (point === "step" ? [] : [emergencyFreezeGate(subject)]),
  (settings, point, subject) => (point === "step" ? [] : [pinGate(settings.pin, point, subject)]),
  (settings, point, subject) => (point === "step" ? [] : [incidentGate(settings.incident, subject)]),
  (settings, point, subject) =>
    settings.webhooks.filter(({ at }) => at.includes(point)).map((one) => webhookGate(one, point, subject)),
  (settings, _point, subject, asked) =>
    asked === undefined ? [] : [approvalGate(settings.approval, asked, subject)],
];

/**
 * The gates of a playbook that stand at a point.
 * @param asked What people have to approve there, if anything.
 */
export function gatesAt(
  settings: GateSettings,
  point: GatePoint,
  subject: GateSubject,
  asked?: Asked,
): Gate[] {
  return kinds.flatMap((kind) => kind(settings, point, subject, asked)).filter((gate) => gate !== undefined);
}

/** The longest that the gates of a point keep a release waiting, in milliseconds. */
export const longestWait = (gates: readonly Gate[]): number =>
  Math.max(0, ...gates.map(({ waitMs }) => waitMs));
