import {
  type Alert,
  type Incident,
  type IncidentSeverity,
  incidentChanges,
  isUnderWay,
  isWorse,
  pageSeverities,
  type Release,
} from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook, PlaybookRef } from "../control-plane.js";
import { pageIdOf } from "../on-call/index.js";
import { changeIncident, openIncident } from "./incident.js";

const byRule = { kind: "atoms", name: "atoms", via: "schedule" } as const;
const byFlow = { kind: "atoms", name: "atoms", via: "flow" } as const;

/**
 * The incident of an alert: the one that is under way here, so that the alarms of one outage are one incident, or else a new
 * one. Safe to call again.
 */
export async function openForAlert(
  plane: ControlPlane,
  ref: PlaybookRef,
  alert: Alert,
  title: string,
): Promise<{ incident: Incident; opened: boolean }> {
  const open = await plane.open(ref);
  const severity = pageSeverities[alert.severity];
  const known = await underWay(plane, alert);
  if (known !== undefined) {
    const { incident } = await changeIncident(plane, known.id, byRule, (standing, hand) =>
      isUnderWay(standing)
        ? incidentChanges.linked(standing, hand, { kind: "alert", id: alert.id })
        : undefined,
    );
    return { incident: await atLeast(plane, incident, severity, alert.id), opened: false };
  }
  const { onCall } = await plane.store();
  const page = await onCall.page(pageIdOf(alert.id));
  return openIncident(
    plane,
    open,
    ref,
    {
      id: `inc_${alert.id}`,
      severity,
      title,
      source: { kind: "alert", id: alert.id },
      ...(alert.summary === "" ? {} : { details: alert.summary }),
      // Those on call who were paged by the alert need not be paged again.
      ...(page === undefined ? {} : { page: page.id }),
    },
    byRule,
  );
}

/** The incident of a release that was taken back, or could not be proven to be. Safe to call again. */
export async function openForRollback(
  plane: ControlPlane,
  open: OpenPlaybook,
  ref: PlaybookRef,
  release: Pick<Release, "id" | "service" | "environment">,
  how: { severity: IncidentSeverity; title: string; because: string },
): Promise<Incident> {
  const known = await underWay(plane, release);
  if (known !== undefined) {
    const { incident } = await changeIncident(plane, known.id, byFlow, (standing, hand) =>
      isUnderWay(standing)
        ? incidentChanges.linked(standing, hand, { kind: "release", id: release.id })
        : undefined,
    );
    return atLeast(plane, incident, how.severity, release.id);
  }
  const { incident } = await openIncident(
    plane,
    open,
    ref,
    {
      id: `inc_${release.id}`,
      severity: how.severity,
      title: how.title,
      details: how.because,
      source: { kind: "release", id: release.id },
    },
    byFlow,
  );
  return incident;
}

async function underWay(
  plane: ControlPlane,
  { service, environment }: { service: string; environment: string },
): Promise<Incident | undefined> {
  const { incidents } = await plane.store();
  return (await incidents.list({ service, environment, only: "under way", limit: 1 }))[0];
}

/** What joins an incident and is worse than it makes it worse. */
async function atLeast(
  plane: ControlPlane,
  incident: Incident,
  severity: IncidentSeverity,
  because: string,
): Promise<Incident> {
  if (!isWorse(severity, incident.severity)) return incident;
  const raised = await changeIncident(plane, incident.id, byRule, (standing, hand) =>
    isUnderWay(standing) && isWorse(severity, standing.severity)
      ? incidentChanges.withSeverity(standing, hand, severity, because)
      : undefined,
  );
  return raised.incident;
}
