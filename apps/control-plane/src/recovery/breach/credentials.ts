import type { Actor } from "@atoms/playbook";
import type { Credential } from "@atoms/store";
import { accessEvent } from "../../access/index.js";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";

const kinds = ["token", "session", "link"] as const satisfies readonly Credential["kind"][];
const most = 10_000;

/** What lets anybody in to Atoms itself and counts at this moment: tokens, sessions of browsers, sign-in links. */
export async function credentialsNow({
  store,
  clock,
}: Pick<ControlPlane, "store" | "clock">): Promise<Credential[]> {
  const { access } = await store();
  const now = clock.now();
  const all = await Promise.all(kinds.map((kind) => access.list({ kind, limit: most })));
  return all
    .flat()
    .filter(
      ({ endedAt, expiresAt }) => endedAt === undefined && (expiresAt === undefined || expiresAt > now),
    );
}

/** Ends all of it, at once. Safe to run twice. @returns how many this time. */
export async function endCredentials(
  plane: Pick<ControlPlane, "store" | "clock">,
  { service }: Pick<OpenPlaybook, "service">,
  actor: Actor,
): Promise<number> {
  const { access } = await plane.store();
  let ended = 0;
  for (const { id, kind } of await credentialsNow(plane)) {
    const at = plane.clock.now();
    const gone = await access.end(kind, id, at, (credential) => [
      accessEvent(`${kind}.revoked`, credential, { at, actor }, service),
    ]);
    if (gone !== undefined) ended++;
  }
  return ended;
}
