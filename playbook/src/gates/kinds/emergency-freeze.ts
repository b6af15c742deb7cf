import { timeText } from "../../terms/index.js";
import type { AskedAt, Gate, GateAnswer, GateSubject } from "../model.js";
import { emergencyFrozen } from "../problems.js";
import { type EmergencyFreeze, readStandingFreeze } from "../standing-freeze.js";
import { goPast, waitOrRefuse } from "./wait-or-refuse.js";

/** Keeps releases back while somebody has frozen them in an emergency. It is set by people, not by the playbook. */
export function emergencyFreezeGate(subject: GateSubject): Gate {
  const judge = (freeze: EmergencyFreeze | undefined, at: AskedAt): GateAnswer => {
    if (freeze === undefined) return { is: "open", because: "nobody has frozen releases" };
    const { by, since, until, because: why } = freeze;
    const end = until === undefined ? "until it is lifted" : `until ${timeText(until)} or until it is lifted`;
    const because = `${by.name} froze releases at ${timeText(since)}, ${end}: ${why}`;
    return waitOrRefuse(at, 0, {
      because,
      opensAt: until ?? "never",
      problem: (waited) => emergencyFrozen({ because, waited }),
    });
  };
  const ask: Gate["ask"] = async (ports, at) =>
    goPast(
      judge(await readStandingFreeze(ports.ledger, subject, at.now), at),
      subject.overrides["emergency-freeze"],
    );
  return {
    id: "emergency-freeze",
    says: "no freeze by `atoms emergency`",
    everyMs: 15_000,
    waitMs: 0,
    final: false,
    ask,
    look: ask,
  };
}
