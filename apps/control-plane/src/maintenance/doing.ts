import type { ControlPlane } from "../control-plane.js";

const doing = new WeakMap<ControlPlane, Map<string, string>>();

/** Says what a maintenance that runs in this process does at the moment; undefined: nothing that takes long. */
export function setDoing(plane: ControlPlane, maintenance: string, what: string | undefined): void {
  const known = doing.get(plane) ?? new Map<string, string>();
  doing.set(plane, known);
  if (what === undefined) known.delete(maintenance);
  else known.set(maintenance, what);
}

/** What a maintenance does at the moment, if it runs here and it takes long. */
export const doingOf = (plane: ControlPlane, maintenance: string): string | undefined =>
  doing.get(plane)?.get(maintenance);
