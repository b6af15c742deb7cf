import type { VercelClient } from "../client.js";
import { requestRefused } from "../problems.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { titleOf, type VercelPlatformOptions } from "./settings.js";

/** Whether visitors that the platform does not know are challenged, and until when, in milliseconds since the epoch. */
export type AttackModeState = { on: boolean; until?: number };

/** The firewall's attack mode of the project. */
export interface AttackMode {
  read(signal?: AbortSignal): Promise<AttackModeState>;
  /** Switches it on until a time, or off, and reads it back. Safe to repeat. @throws what the platform refuses. */
  set(on: false | { until: number }, signal?: AbortSignal): Promise<void>;
  /** A secret that passes the challenge: the configured one, one that the project has, or one made under this note. */
  passSecret(note: string, signal?: AbortSignal): Promise<string>;
  /** Revokes secrets that were made under this note. Safe to repeat. */
  revokeSecret(note: string, signal?: AbortSignal): Promise<void>;
}

export function attackMode(
  client: VercelClient,
  options: VercelPlatformOptions,
  project: Project,
  explain: Explain,
): AttackMode {
  const read = async (signal?: AbortSignal): Promise<AttackModeState> => {
    const { security } = await project.present(signal);
    const until = security?.attackModeActiveUntil ?? undefined;
    return { on: security?.attackModeEnabled === true, ...(until === undefined ? {} : { until }) };
  };

  return {
    read,
    set: (on, signal) =>
      explain({ asked: `switch attack mode ${on === false ? "off" : "on"}`, act: true }, async () => {
        const projectId = await project.id(signal);
        const wanted = on === false ? {} : { attackModeActiveUntil: on.until };
        await client.projects.setAttackMode(
          { projectId, attackModeEnabled: on !== false, ...wanted },
          signal,
        );
        const now = await read(signal);
        if (on === false ? !now.on : now.on && (now.until ?? on.until) >= on.until) return;
        throw requestRefused({
          platform: titleOf(options.name),
          api: options.api,
          asked: `switch attack mode ${on === false ? "off" : "on"}`,
          act: true,
          status: 200,
          code: "not_changed",
          message: "the platform accepted the change, but still shows the old state.",
        });
      }),
    passSecret: (note, signal) =>
      explain({ asked: "make a secret that passes the challenge", act: true }, async () => {
        if (options.bypassSecret !== undefined) return options.bypassSecret;
        const { id, protectionBypass } = await project.present(signal);
        const [known] = Object.keys(protectionBypass ?? {});
        if (known !== undefined) return known;
        const made = await client.projects.changeBypass(id, { generate: { note } }, signal);
        const [secret] = Object.keys(made.protectionBypass);
        if (secret === undefined) throw new Error("the platform made no secret");
        return secret;
      }),
    revokeSecret: (note, signal) =>
      explain({ asked: "revoke the secret that passes the challenge", act: true }, async () => {
        const { id, protectionBypass } = await project.present(signal);
        for (const [secret, one] of Object.entries(protectionBypass ?? {}))
          if (one.note === note)
            await client.projects.changeBypass(id, { revoke: { secret, regenerate: false } }, signal);
      }),
  };
}
