import { type Incident, isUnderWay } from "./model.js";
import type { IncidentNotice } from "./ports.js";

/** How loud a message is for a severity. */
const loudness = { P1: "critical", P2: "high", P3: "medium", P4: "low" } as const;

const headOf = ({ severity, service, environment, title }: Incident) =>
  `${severity} ${service} in ${environment}: ${title}`;

/** One message to each channel: among other things in those of stakeholders, by itself in the incident's own. */
export function noticesOf(
  incident: Incident,
  told: { text: string; at: number; stakeholders: readonly string[]; room: readonly string[] },
): IncidentNotice[] {
  const { id, service, environment, version, severity } = incident;
  const text = `${headOf(incident)} (${id}) — ${told.text.trim()}`.replace(/(?<![.!?])$/, ".");
  const base = {
    service,
    environment,
    text,
    dueAt: told.at,
    severity: loudness[severity],
    title: headOf(incident),
  };
  const status = !isUnderWay(incident)
    ? "resolved"
    : incident.acknowledgedAt === undefined
      ? "open"
      : "acknowledged";
  return [
    ...told.stakeholders.map(
      (channel, i) =>
        ({
          ...base,
          key: `${id}/${version}/told/${i + 1}`,
          channel,
          thread: id,
          status,
        }) as const,
    ),
    ...told.room.map((channel) => ({ ...base, key: `${id}/${version}/room`, channel })),
  ];
}
