import { judgeHealth, type Platform, type PlaybookSettings, proveHosts } from "@atoms/playbook";
import type { ControlPlane, OpenPlaybook } from "../control-plane.js";
import { planOf } from "../playbook-at-hand.js";
import { probeHeaders } from "../probe-headers.js";

/** Where the service says that it is well, and by which word. */
export function healthWanted(settings: PlaybookSettings): { path: string; field: string; words: string[] } {
  const { health } = planOf(settings).smoke;
  return health === false
    ? { path: settings.service.health, field: "status", words: [] }
    : { ...health, words: [...health.words] };
}

/** Proves that every host is well by its own word, and served by a deployment. A door that is closed on purpose is no harm. */
export function proveWell(
  plane: Pick<ControlPlane, "http" | "clock">,
  { settings, secrets }: OpenPlaybook,
  platform: Platform,
  input: { hosts: readonly string[]; deployment: string; timeoutMs: number },
  signal: AbortSignal,
) {
  const wanted = healthWanted(settings);
  const words = wanted.words.length === 0 ? [] : [...wanted.words, "maintenance"];
  return proveHosts(
    {
      ...input,
      path: wanted.path,
      headers: probeHeaders(platform, settings),
      judge: (result) => {
        const { outcome, saw } = judgeHealth(result, { ...wanted, words });
        return { right: outcome === "pass", saw: secrets.redact(saw) };
      },
    },
    plane,
    signal,
  );
}
