import { type Incident, type IncidentRules, incidentRulesOf, isProblem } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";

/** The playbook as it is now; as it was when the incident was opened when it cannot be read or has mistakes. */
export async function playbookNow(plane: ControlPlane, { playbook }: Incident): Promise<OpenPlaybook> {
  const ref = { playbook: playbook.path, platform: playbook.platform };
  try {
    return await plane.open(ref);
  } catch (error) {
    if (!isProblem(error)) throw error;
    return plane.open(ref, playbook.text);
  }
}

/** The rules of an incident as the playbook has them now. */
export const rulesNow = async (plane: ControlPlane, incident: Incident): Promise<IncidentRules> =>
  incidentRulesOf((await playbookNow(plane, incident)).settings);
