import type { Proven } from "@atoms/playbook";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** Deployments that were proven good, newest proof first: where a rollback may lead. */
export const listProven = defineVerb({
  name: "list proven deployments",
  method: "GET",
  role: "viewer",
  path: "/deployments/proven",
  summary: "List the deployments that were proven good",
  input: z.strictObject({ ...playbookRef, limit: z.int().min(1).max(100).default(20) }),
  async run(plane, input): Promise<Proven[]> {
    const open = await plane.open(input);
    const { releases } = await plane.store();
    return releases.proven(open.service, open.environment, input.limit);
  },
});
