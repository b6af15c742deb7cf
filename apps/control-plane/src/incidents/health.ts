import { type HealthFinding, type Incident, judgeAnswer, nameOf } from "@atoms/playbook";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { lookNow } from "../verbs/monitors.js";

/**
 * Looks at the service before an incident may be resolved: every production host, every monitor, now; and whether one of its
 * alerts still fires.
 */
export async function lookAtHealth(
  plane: ControlPlane,
  ref: PlaybookRef,
  incident: Incident,
): Promise<HealthFinding[]> {
  const [hosts, looks, firing] = await Promise.all([
    hostsOf(plane, ref),
    lookNow.run(plane, ref, { kind: "atoms", name: "atoms", via: "flow" }),
    alertsOf(plane, incident),
  ]);
  const monitors = looks.flatMap((look): HealthFinding[] =>
    look.outcome === "nothing"
      ? []
      : [
          {
            what: `monitor ${look.monitor}`,
            ok: look.outcome === "up",
            saw: look.because ?? look.outcome,
          },
        ],
  );
  return [...hosts, ...monitors, ...firing];
}

async function hostsOf(plane: ControlPlane, ref: PlaybookRef): Promise<HealthFinding[]> {
  const open = await plane.open(ref);
  const production = "what production serves";
  try {
    const platform = await open.platform({ start: false });
    const { deployment, hosts } = await platform.production(AbortSignal.timeout(10_000));
    if (deployment === undefined) return [{ what: production, ok: false, saw: "nothing" }];
    return await Promise.all(
      hosts.map(async (host) => {
        const url = host + open.settings.service.health;
        const answer = await plane.http.send({ url, headers: platform.passHeaders(), timeoutMs: 10_000 });
        const { right, saw } = judgeAnswer(answer, deployment.id);
        return { what: host, ok: right && answer.answered && answer.status < 400, saw };
      }),
    );
  } catch (error) {
    const saw = error instanceof Error ? error.message : String(error);
    return [{ what: production, ok: false, saw: `it cannot be read: ${saw}` }];
  }
}

async function alertsOf(plane: ControlPlane, { alerts: ids }: Incident): Promise<HealthFinding[]> {
  const { alerts } = await plane.store();
  const found = await Promise.all(ids.map((id) => alerts.get(id)));
  return found.flatMap((alert) =>
    alert === undefined
      ? []
      : [
          {
            what: `alert ${nameOf(alert)}`,
            ok: alert.state !== "firing",
            saw: alert.state === "firing" ? `still fires: ${alert.saw}` : alert.state,
          },
        ],
  );
}
