import type { AskedAt, Gate, GateAnswer, GateSubject } from "../model.js";
import type { OpenIncident } from "../ports.js";
import { incidentOpen } from "../problems.js";
import type { GateSettings } from "../settings.js";
import { goPast, waitOrRefuse } from "./wait-or-refuse.js";

/** Keeps releases back while people fight for the service: the fix itself goes past it with a reason. */
export function incidentGate(settings: GateSettings["incident"], subject: GateSubject): Gate | undefined {
  const { severities, hold } = settings;
  if (severities.length === 0) return undefined;
  const judge = (open: readonly OpenIncident[], at: AskedAt): GateAnswer => {
    const [first, ...more] = open.filter(({ severity }) => severities.includes(severity));
    if (first === undefined)
      return { is: "open", because: `no incident of ${severities.join(" or ")} is open` };
    const { id, severity, title } = first;
    const because = `${severity} incident ${id} is open: ${title}${more.length === 0 ? "" : ` (and ${more.length} more)`}`;
    return waitOrRefuse(at, hold, {
      because,
      problem: (waited) => incidentOpen({ because, waited }),
    });
  };
  const ask: Gate["ask"] = async (ports, at) =>
    goPast(judge(await ports.openIncidents(), at), subject.overrides.incident);
  return {
    id: "incident",
    says: `no open incident of ${severities.join(" or ")}`,
    everyMs: 15_000,
    waitMs: hold,
    final: false,
    ask,
    look: ask,
  };
}
