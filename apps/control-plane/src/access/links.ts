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

/** Trades a link's code for a session. @throws ATM-941 */
export async function signIn(
  plane: ControlPlane,
  code: string,
  service: string,
): Promise<{ session: Credential; secret: string }> {
  const { access } = await plane.store();
  const now = plane.clock.now();
  const secret = newSecret();
  let made: Credential | undefined;
  const session = await access.redeem(digestOf(code), now, {
    digest: digestOf(secret),
    of: ({ name, role, environments, id }) => {
      made = {
        id: newId("ses", now),
        kind: "session",
        name,
        role,
        environments,
        createdAt: now,
        createdBy: id,
        expiresAt: now + sessionLifeMs,
      };
      return made;
    },
    events: (link) => [
      accessEvent(
        "session.opened",
        made ?? link,
        { at: now, actor: { kind: "person", name: link.name, via: "dashboard" } },
        service,
      ),
    ],
  });
  if (session === undefined) throw linkRefused();
  await access.prune(now - sessionLifeMs);
  return { session, secret };
}
