import type { Actor, LedgerEvent } from "@atoms/playbook";
import type { Credential } from "@atoms/store";
import type { ControlPlane } from "../control-plane.js";
import { linkRefused } from "../problems.js";
import { digestOf, newId, newSecret } from "./secrets.js";

/** How long a sign-in link counts, and how long the session that comes of it. */
export const linkLifeMs = 10 * 60_000;
export const sessionLifeMs = 7 * 86_400_000;

/** An event about a credential. It belongs to every environment where the credential counts. */
export function accessEvent(
  kind: string,
  credential: Credential,
  by: { at: number; actor: Actor },
  service: string,
): LedgerEvent {
  const { id, name, role, environments, expiresAt } = credential;
  return {
    key: `${id}/${kind}`,
    kind,
    at: by.at,
    actor: by.actor,
    service,
    environment: environments.join(","),
    data: { credential: id, name, role, environments: [...environments], expiresAt },
  };
}

/** A session that begins. @param by What it comes of: the id of a link, or an identity. */
export const newSession = (
  { name, role, environments }: Pick<Credential, "name" | "role" | "environments">,
  { at, by, forMs }: { at: number; by: string; forMs: number },
): Credential => ({
  id: newId("ses", at),
  kind: "session",
  name,
  role,
  environments,
  createdAt: at,
  createdBy: by,
  expiresAt: at + forMs,
});

/** Somebody came in. */
export const sessionOpened = (session: Credential, service: string): LedgerEvent =>
  accessEvent(
    "session.opened",
    session,
    { at: session.createdAt, actor: { kind: "person", name: session.name, via: "dashboard" } },
    service,
  );

/** Trades a link's code for a session. @throws ATM-941 */
export async function signIn(
  plane: ControlPlane,
  code: string,
  service: string,
): Promise<{ session: Credential; secret: string }> {
  const { access } = await plane.store();
  const now = plane.clock.now();
  const secret = newSecret();
  const session = await access.redeem(digestOf(code), now, {
    digest: digestOf(secret),
    of: (link) => newSession(link, { at: now, by: link.id, forMs: sessionLifeMs }),
    events: (opened) => [sessionOpened(opened, service)],
  });
  if (session === undefined) throw linkRefused();
  await access.prune(now - sessionLifeMs);
  return { session, secret };
}
