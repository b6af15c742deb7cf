import type { Deployment, PlatformName, ProblemData, Production, Release } from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import type { Call } from "./verb.js";

/** What production serves, asked of the platform and of every host. */
export type ProductionStatus = {
  deployment?: Deployment;
  hosts: { host: string; right: boolean; saw: string }[];
  /** Whether new production builds take traffic by themselves. */
  autoAssign: boolean;
  moving?: Production["moving"];
};

/** The truth at this moment. */
export type Status = {
  service: string;
  environment: string;
  platform: string;
  production: ProductionStatus | { unknown: ProblemData };
  /** The release under way, and whether a process works on it; `stuck`: why that process cannot go on. */
  running?: { release: Release; worked: boolean; stuck?: ProblemData };
  /** The newest releases that have ended. */
  past: Release[];
  notices: { waiting: number; dead: number };
  controlPlane: ControlPlane["kind"];
};

/** How `status` is called; apart from the verb, since asking must be quick (bench/cli.mjs). */
export const statusCall: Call<{ playbook: string; platform?: PlatformName | undefined }, Status> = {
  name: "status",
  method: "GET",
  path: "/status",
};
