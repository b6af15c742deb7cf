import type { ComponentState, OverallState, PublicIncidentState, PublicMaintenance } from "@atoms/playbook";

/** What is said of a component. */
export const componentWords: Readonly<Record<ComponentState, string>> = {
  up: "Up",
  degraded: "Degraded",
  down: "Down",
  maintenance: "Maintenance",
  unknown: "Not known",
};

/** What is said of all together. */
export const overallWords: Readonly<Record<OverallState, string>> = {
  up: "Everything is up",
  degraded: "Something is degraded",
  "partly down": "Something is down",
  down: "Everything is down",
  maintenance: "Under maintenance",
  incident: "There is an incident",
  unknown: "It is not known how all is",
};

/** What is said of how far an incident is. */
export const incidentWords: Readonly<Record<PublicIncidentState, string>> = {
  investigating: "Investigating",
  identified: "Cause found",
  monitoring: "Fix in place, watching",
  resolved: "Resolved",
};

/** What is said of how far a maintenance is. */
export const maintenanceWords: Readonly<Record<PublicMaintenance["state"], string>> = {
  planned: "Planned",
  "under way": "Under way",
};

/** A share such as 99.98 %, never rounded up: what was not always up does not say 100. */
export const percentText = (share: number): string => `${Math.floor(share * 10_000) / 100} %`;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "28 Nov 2026, 10:34 UTC". */
export function momentText(at: number): string {
  const iso = new Date(at).toISOString();
  return `${dayText(iso.slice(0, 10))}, ${iso.slice(11, 16)} UTC`;
}

/** "28 Nov 2026", of 2026-11-28. */
export function dayText(day: string): string {
  const [year, month, date] = day.split("-").map(Number);
  return `${date} ${months[(month ?? 1) - 1]} ${year}`;
}
