import type { EmergencyMeans } from "@atoms/playbook";

/** What this control plane can do in an emergency. */
export const means = { rollback: true, freeze: true, unfreeze: true } as const satisfies EmergencyMeans;
