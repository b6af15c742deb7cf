import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";

/** What every verb that means one incident takes. */
export const incidentRef = {
  ...playbookRef,
  incident: z.string().min(1).optional().describe("Its id; the only open one when left out."),
};

/** Words of people, without the space around them. @param most Characters. */
export const incidentText = (most: number) => z.string().trim().min(1).max(most);
