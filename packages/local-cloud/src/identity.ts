import { createHash } from "node:crypto";
import type { State } from "./folder/state.js";
import { hostWord, newId, type Random } from "./ids.js";
import type { Identity } from "./model.js";

/**
 * The same id in every cloud: the official command remembers on disk which id belongs to a slug, and would go on to ask a
 * new cloud for the team of the one before.
 */
function teamIdOf(slug: string): string {
  const digest = createHash("sha256").update(`team ${slug}`).digest();
  return newId("team", (size) => digest.subarray(0, size));
}

/** The user, team and token of the cloud in this folder; made once, then kept. */
export function identityOf(state: State, random: Random, teamSlug: string): Identity {
  const known = state.identity.get("identity");
  if (known) return known;
  return state.identity.put({
    id: "identity",
    // The official CLI takes word characters only.
    token: `local_${hostWord(40, random)}`,
    team: { id: teamIdOf(teamSlug), slug: teamSlug, name: "Local team" },
    user: {
      id: hostWord(24, random),
      username: "local-user",
      email: "local-user@localhost.invalid",
      name: "Local User",
    },
  });
}
