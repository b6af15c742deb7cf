import { type HostDoor, judgeDoor, maintenanceRulesOf, type Platform } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { probeHeaders } from "../probe-headers.js";

const askMs = 5_000;

/** Asks every host once whether its door is closed, and whether it is well. */
export function lookAtDoors(
  { http }: Pick<ControlPlane, "http">,
  { settings }: Pick<OpenPlaybook, "settings">,
  platform: Platform,
  hosts: readonly string[],
  signal: AbortSignal,
): Promise<HostDoor[]> {
  const { door } = maintenanceRulesOf(settings);
  const headers = probeHeaders(platform, settings);
  return Promise.all(
    hosts.map(async (host) =>
      judgeDoor(
        host,
        await http.send({ url: host + settings.service.health, headers, timeoutMs: askMs }, signal),
        door,
      ),
    ),
  );
}
