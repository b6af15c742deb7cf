import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PlatformName } from "@atoms/playbook";
import { z } from "zod";
import type { ControlPlane } from "../control-plane.js";
import type { Places } from "../places.js";
import { writeAtomically } from "../workspace/write-atomically.js";

const Kept = z.object({ id: z.string(), url: z.string(), secret: z.string().min(8) });
/** The webhook that this folder's Atoms made on a platform. */
export type KeptWebhook = z.infer<typeof Kept>;

const fileOf = (places: Places, platform: PlatformName) => join(places.keys, `webhook-${platform}.json`);

/** The webhook that was made on a platform; undefined when there is none, or what is kept of it can not be read. */
export async function keptWebhook(places: Places, platform: PlatformName): Promise<KeptWebhook | undefined> {
  try {
    return Kept.parse(JSON.parse(await readFile(fileOf(places, platform), "utf8")));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keeps a webhook and its secret, for the owner alone. */
export const keepWebhook = (places: Places, platform: PlatformName, webhook: KeptWebhook): Promise<void> =>
  writeAtomically(fileOf(places, platform), JSON.stringify(webhook), 0o600);

/** Forgets it, so that what is signed with its secret counts no more. */
export const forgetWebhook = (places: Places, platform: PlatformName): Promise<void> =>
  rm(fileOf(places, platform), { force: true });

/** Every secret that a delivery may be signed with: those of our webhooks, and one of a webhook made by hand. */
export async function webhookSecrets({
  places,
  env,
}: Pick<ControlPlane, "places" | "env">): Promise<string[]> {
  const kept = await Promise.all([keptWebhook(places, "local"), keptWebhook(places, "vercel")]);
  const given = env["ATOMS_VERCEL_WEBHOOK_SECRET"];
  return [
    ...kept.flatMap((one) => (one === undefined ? [] : [one.secret])),
    ...(given === undefined || given === "" ? [] : [given]),
  ];
}
