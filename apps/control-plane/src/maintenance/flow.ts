import {
  type FlowDefinition,
  type MaintenanceEnd,
  type MaintenanceOrder,
  maintenanceFlow,
} from "@atoms/playbook";
import type { ControlPlane } from "../control-plane.js";
import { maintenanceWorld } from "./world.js";

type MaintenanceFlow = FlowDefinition<MaintenanceOrder, MaintenanceEnd>;
const flows = new WeakMap<ControlPlane, MaintenanceFlow>();

/** The flow of maintenance of a control plane; the same one whenever it is asked for. */
export function maintenanceFlowOf(plane: ControlPlane): MaintenanceFlow {
  const known = flows.get(plane) ?? maintenanceFlow(maintenanceWorld(plane));
  flows.set(plane, known);
  return known;
}
