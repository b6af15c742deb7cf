import type { EmergencyMeans } from "@atoms/playbook";

/** What this control plane can do in an emergency. */
export const means = {
  rollback: true,
  scale: true,
  maintenance: true,
  restart: true,
  escalate: true,
  freeze: true,
  unfreeze: true,
  reopen: true,
} as const satisfies EmergencyMeans;
