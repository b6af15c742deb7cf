import { dirname } from "node:path";
import { countedLimits } from "@atoms/playbook";
import { probeSource, prometheusSource, type Source, vercelSource } from "@atoms/playbook/measurement";
import type { Guardrail } from "@atoms/playbook/statistics";
import type { VercelPlatform } from "@atoms/vercel";
import { bearerToken } from "./bearer.js";
import type { ControlPlane, OpenPlaybook } from "./control-plane.js";
import { drainNames, drainSecret } from "./drain-secret.js";
import { planOf } from "./playbook-at-hand.js";
import { noDrainAddress } from "./problems.js";

/** Where the numbers about a canary come from, as its playbook says. */
export function canarySource(
  plane: ControlPlane,
  open: OpenPlaybook,
  platform: VercelPlatform,
  guardrails: readonly Guardrail[],
): Source {
  const { settings } = open;
  const slow = countedLimits(guardrails);
  if (settings.canary.source === "drain") return drainedTraffic(plane, platform, slow);
  if (settings.canary.source === "prometheus" && settings.canary.prometheus !== undefined) {
    return prometheusSource({ settings: settings.canary.prometheus, slow }, plane);
  }
  if (settings.canary.source === "vercel") {
    return vercelSource(
      { settings: settings.canary.vercel, warmUpMs: settings.canary.warm_up },
      { clock: plane.clock, platform },
    );
  }
  return ownProbes(plane, open, slow);
}

/** Own requests: the source `probe`, and what takes the place of another that is silent. */
export function ownProbes(
  plane: ControlPlane,
  { settings, file }: OpenPlaybook,
  slow: readonly number[],
): Source {
  return probeSource(
    { settings: settings.canary.probe, validation: planOf(settings), slow },
    {
      http: plane.http,
      clock: plane.clock,
      bearerToken: () => bearerToken(settings.validation.bearer, dirname(file.path), plane.env),
    },
  );
}

/** What users met, from the platform's drains, which are pointed at this control plane before the first measurement. */
function drainedTraffic(plane: ControlPlane, platform: VercelPlatform, slow: readonly number[]): Source {
  let pointed: Promise<void> | undefined;
  const point = async (signal: AbortSignal) => {
    const url = plane.ingestUrl();
    const local = platform.name === "local";
    if (url === undefined || (!local && new URL(url).hostname === "127.0.0.1")) throw noDrainAddress();
    const secret = await drainSecret(plane.places);
    for (const schema of drainNames)
      await platform.deliverTo({ schema, url: `${url}/${schema}`, secret }, signal);
    plane.ingest.watchSlow(slow);
  };
  return {
    name: "drain",
    async measure(arms, window, signal, note) {
      pointed ??= point(signal);
      await pointed.catch((error: unknown) => {
        pointed = undefined;
        throw error;
      });
      return plane.ingest.source.measure(arms, window, signal, note);
    },
  };
}
