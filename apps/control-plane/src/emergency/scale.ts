import { actNotOffered } from "@atoms/playbook";
import { z } from "zod";
import { runningCloud } from "../background/local-cloud.js";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { cloudNotRunning } from "../open-platform.js";

/** More than this the local cloud does not start. */
export const mostInstances = 32;
const limitMs = 60_000;

const Instances = z.looseObject({ wanted: z.number(), running: z.array(z.unknown()) });
const Refusal = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/**
 * Has production run in so many processes, where that is ours to say: on the local cloud. Asked again for the same number it
 * changes nothing.
 * @param count One more than there are, when left out.
 * @throws ATM-653 where the platform scales by itself, or does not do it; ATM-903 when the local cloud is not running.
 */
export async function scaleProduction(
  { places }: Pick<ControlPlane, "places">,
  { platformName, settings }: OpenPlaybook,
  count: number | undefined,
): Promise<{ from: number; to: number; running: number }> {
  const refused = (because: string, instead: string) => actNotOffered({ act: "scale", because, instead });
  if (platformName !== "local")
    throw refused(
      `${platformName} scales by itself, so there is nothing to turn up`,
      "Memory, regions and limits are settings of the project there; if the service itself is what is slow, roll back or escalate.",
    );
  const cloud = runningCloud(places);
  if (cloud === undefined) throw cloudNotRunning();
  const ask = async (method: "GET" | "PUT", body?: object) => {
    const answer = await fetch(`${cloud.api}/atoms/projects/${settings.service.name}/instances`, {
      method,
      headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(limitMs),
    });
    const told: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return Instances.parse(told);
    const why = Refusal.safeParse(told);
    throw refused(
      why.success ? why.data.error.message.replace(/\.$/, "") : `the local cloud answered ${answer.status}`,
      "Look again with `atoms emergency`; `atoms logs` says why a process does not start.",
    );
  };
  const { wanted: from } = await ask("GET");
  const to = Math.min(mostInstances, count ?? from + 1);
  const { running } = await ask("PUT", { count: to });
  return { from, to, running: running.length };
}
