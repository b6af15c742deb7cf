import { timeText } from "../../terms/index.js";
import type { AskedAt, Gate, GateAnswer, GatePoint, GateSubject } from "../model.js";
import type { GatePorts } from "../ports.js";
import { pinned } from "../problems.js";
import type { GateSettings } from "../settings.js";
import { goPast, waitOrRefuse } from "./wait-or-refuse.js";

/** What is known of a pin. */
export type PinFacts =
  | { pinned: false }
  | { pinned: true; to: string; at: number; by: { name: string; byHand: boolean } | "elsewhere" };

/**
 * Respects a rollback that somebody else made: past the platform's own means, or by hand through Atoms by another person.
 * What Atoms took back by itself, and what the same person took back, is for them to go on from.
 */
export function pinGate(
  settings: GateSettings["pin"],
  point: GatePoint,
  subject: GateSubject,
): Gate | undefined {
  if (!settings.respect) return undefined;
  const judge = (facts: PinFacts, at: AskedAt): GateAnswer => {
    if (!facts.pinned) return { is: "open", because: "production is not pinned" };
    const { by } = facts;
    // Older ones were seen at the start; since then Atoms itself may have switched automatic assignment off.
    if (point === "shift" && subject.startedAt !== undefined && facts.at < subject.startedAt)
      return { is: "open", because: "nobody has rolled back since the start" };
    if (by !== "elsewhere" && (!by.byHand || by.name === subject.startedBy.name))
      return { is: "open", because: "it was rolled back by this Atoms" };
    const who = by === "elsewhere" ? "somebody, not through Atoms," : by.name;
    const because = `${who} brought production back to ${facts.to} at ${timeText(facts.at)}, and nothing was promoted since`;
    return waitOrRefuse(at, settings.hold, {
      because,
      problem: (waited) => pinned({ because: because.charAt(0).toUpperCase() + because.slice(1), waited }),
    });
  };
  const ask = async (ports: GatePorts, at: AskedAt, signal?: AbortSignal) =>
    goPast(judge(await measure(ports, signal), at), subject.overrides.pin);
  return {
    id: "pin",
    says: "no rollback by somebody else that pins production",
    everyMs: 15_000,
    waitMs: settings.hold,
    final: false,
    ask,
    look: ask,
  };
}

async function measure(ports: GatePorts, signal: AbortSignal | undefined): Promise<PinFacts> {
  const pin = (await ports.production(signal))?.pin;
  if (pin === undefined) return { pinned: false };
  const mine = await ports.rollbackOf(pin.to, pin.at);
  return {
    pinned: true,
    ...pin,
    by: mine === undefined ? "elsewhere" : { name: mine.by, byHand: mine.byHand },
  };
}
