import type { Seal } from "../folder/seal.js";

/** The header by which the edge knows a call of the cloud's own; it goes no further. */
export const CRON_PASS = "x-atoms-cloud-cron";

const VALID_MS = 60_000;

/** Lets a cron job's call pass the protection of its project, for a minute. */
export function cronPass(seal: Seal, projectId: string, now: number): string {
  return seal.close(JSON.stringify({ projectId, now }));
}

/** Is it such a pass, for this project and of this time? */
export function isCronPass(seal: Seal, text: string, projectId: string, now: number): boolean {
  try {
    const pass = JSON.parse(seal.reveal(text)) as { projectId?: unknown; now?: unknown };
    return (
      pass.projectId === projectId && typeof pass.now === "number" && Math.abs(now - pass.now) < VALID_MS
    );
  } catch {
    return false;
  }
}
