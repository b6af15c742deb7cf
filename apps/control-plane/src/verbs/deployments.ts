import type { Deployment } from "@atoms/playbook";
import { z } from "zod";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

/** A deployment, and what the ledger and production say of it. */
export type DeploymentRow = Deployment & {
  /** Production serves it. */
  serving: boolean;
  /** When it was last proven good, in milliseconds since the epoch. */
  provenAt?: number;
};

/** The platform's deployments of the service, newest first. */
export const listDeployments = defineVerb({
  name: "list deployments",
  method: "GET",
  role: "viewer",
  path: "/deployments",
  summary: "List deployments, newest first",
  input: z.strictObject({ ...playbookRef, limit: z.int().min(1).max(100).default(20) }),
  async run(plane, input): Promise<DeploymentRow[]> {
    const open = await plane.open(input);
    const platform = await open.platform();
    const { releases } = await plane.store();
    const [all, production, proven] = await Promise.all([
      platform.deployments(input.limit),
      platform.production(),
      releases.proven(open.service, open.environment, 100),
    ]);
    const provenAt = new Map(proven.map((p) => [p.deployment, p.at]));
    return all.map((deployment) => {
      const at = provenAt.get(deployment.id);
      return {
        ...deployment,
        serving: production.deployment?.id === deployment.id,
        ...(at === undefined ? {} : { provenAt: at }),
      };
    });
  },
});
