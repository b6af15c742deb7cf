import { type BreachOrder, type BreachWorld, isProblem } from "@atoms/playbook";
import type { VercelPlatform } from "@atoms/vercel";
import type { OpenPlaybook } from "../../control-plane.js";

/** Marks the secret by which Atoms' own checks pass the challenge; it is revoked at the end. */
const note = "Atoms: recovery from a breach";

/**
 * The platform with headers that pass its challenge: what Atoms proves while visitors are challenged is proven through it.
 * Where no bypass secret is configured the project's own is used, or one is made.
 */
export async function passingChallenges(
  platform: VercelPlatform,
  { settings }: OpenPlaybook,
): Promise<VercelPlatform> {
  if (settings.recovery.security_breach.attack_mode === undefined) return platform;
  const secret = await platform.attackMode.passSecret(note);
  return { ...platform, passHeaders: () => ({ "x-vercel-protection-bypass": secret }) };
}

/** Attack mode as the playbook wants it. */
export function attackModeOf(
  { settings }: OpenPlaybook,
  platform: VercelPlatform,
  order: BreachOrder,
): Pick<BreachWorld, "attackMode"> {
  const wanted = settings.recovery.security_breach.attack_mode;
  if (wanted === undefined) return {};
  const until = order.startedAt + wanted.lasts;
  const { attackMode } = platform;
  return {
    attackMode: {
      ends: wanted.ends,
      async on(signal) {
        try {
          const now = await attackMode.read(signal);
          if (now.on && (now.until === undefined || now.until > until))
            return { is: "by others", ...(now.until === undefined ? {} : { until: now.until }) };
          await attackMode.set({ until }, signal);
          return { is: "on", until };
        } catch (error) {
          return { is: "refused", because: becauseOf(error, signal) };
        }
      },
      async off(signal) {
        try {
          const now = await attackMode.read(signal);
          // Somebody has prolonged it meanwhile, who then has it.
          if (now.on && now.until === until) await attackMode.set(false, signal);
          await attackMode.revokeSecret(note, signal);
          return {};
        } catch (error) {
          return { because: becauseOf(error, signal) };
        }
      },
    },
  };
}

/** What the platform says; anything else is thrown on. */
function becauseOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (!isProblem(error)) throw error;
  return `${error.code} ${error.happened.replace(/\.$/, "")}`;
}
