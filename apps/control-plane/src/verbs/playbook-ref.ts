import { z } from "zod";

/** The members of a verb's input that name the playbook. */
export const playbookRef = {
  playbook: z.string().min(1).describe("Absolute path of the playbook file."),
  platform: z.enum(["local", "vercel"]).optional().describe("Overrides the playbook's own choice."),
};
