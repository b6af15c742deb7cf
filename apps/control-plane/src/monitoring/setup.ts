import { type Monitor, monitorsOf } from "@atoms/playbook";
import type { OpenPlaybook } from "../control-plane.js";

/** What is looked at, as the playbook has it now. */
export type MonitorSetup = {
  service: string;
  environment: string;
  monitors: readonly Monitor[];
  open: OpenPlaybook;
};

/** The monitors of a playbook that was read. */
export const setupOf = (open: OpenPlaybook): MonitorSetup => ({
  service: open.service,
  environment: open.environment,
  monitors: monitorsOf(open.settings),
  open,
});
