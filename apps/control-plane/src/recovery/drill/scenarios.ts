import type { Drill } from "@atoms/playbook";
import { dataCorruptionDrill } from "./data-corruption.js";
import { databaseFailureDrill } from "./database-failure.js";
import type { DrillScenario } from "./scenario.js";
import { securityBreachDrill } from "./security-breach.js";
import { serviceOutageDrill } from "./service-outage.js";

/** Every scenario that can be drilled. */
export const drillScenarios: Record<Drill, DrillScenario> = {
  database_failure: databaseFailureDrill,
  data_corruption: dataCorruptionDrill,
  security_breach: securityBreachDrill,
  service_outage: serviceOutageDrill,
};
