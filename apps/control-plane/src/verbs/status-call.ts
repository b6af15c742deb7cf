import type {
  Alert,
  Deployment,
  Incident,
  PlatformName,
  ProblemData,
  Production,
  Release,
} from "@atoms/playbook";
import type { ReleaseNow } from "@atoms/playbook/report";
import type { OutsideNews } from "../builds/outside.js";
import type { ControlPlane } from "../control-plane.js";
import type { GroupMember } from "../group-members.js";
import type { MonitorStatus } from "./monitors.js";
import type { Call } from "./verb.js";

/** What production serves, asked of the platform and of every host. */
export type ProductionStatus = {
  deployment?: Deployment;
  hosts: { host: string; right: boolean; saw: string }[];
  /** Whether new production builds take traffic by themselves. */
  autoAssign: boolean;
  moving?: Production["moving"];
  /** A staged shift that is under way as the platform has it, and the candidate's share now, 0 to 1. */
  shift?: { to: string; share: number };
};

/** The truth at this moment. */
export type Status = {
  service: string;
  environment: string;
  platform: string;
  production: ProductionStatus | { unknown: ProblemData };
  /** The release under way, how it stands, and whether a process works on it; `stuck`: why that process cannot go on. */
  running?: { release: Release; now: ReleaseNow; worked: boolean; stuck?: ProblemData };
  /** Groups of services whose release is under way in this store, with their members in order. */
  groups: { release: Release; worked: boolean; members: GroupMember[] }[];
  /** The newest releases that have ended. */
  past: Release[];
  /** How the monitors stand. */
  monitors: MonitorStatus[];
  /**
   * Alerts that fire, loudest first; when the rules were evaluated last (milliseconds since the epoch); how many there
   * are, and how many of them could never fire.
   */
  alerts: { firing: Alert[]; evaluatedAt?: number; rules: number; blind: number };
  /** Incidents that still need people, newest first. */
  incidents: Incident[];
  /** What was built or moved outside Atoms since the newest release began, newest first. */
  outside: OutsideNews[];
  notices: { waiting: number; dead: number };
  controlPlane: ControlPlane["kind"];
};

/** How `status` is called; apart from the verb, since asking must be quick (bench/cli.mjs). */
export const statusCall: Call<{ playbook: string; platform?: PlatformName | undefined }, Status> = {
  name: "status",
  method: "GET",
  path: "/status",
};
