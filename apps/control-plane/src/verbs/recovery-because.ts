import { z } from "zod";

/** What people say of why a recovery is asked for. */
export const recoveryBecause = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .optional()
  .describe("What is known of it; the incident and channels hear it.");
