import type { State } from "./folder/state.js";
import { hostWord, newId, type Random } from "./ids.js";
import type { Identity } from "./model.js";

/** The user, team and token of the cloud in this folder; made once, then kept. */
export function identityOf(state: State, random: Random, teamSlug: string): Identity {
  const known = state.identity.get("identity");
  if (known) return known;
  return state.identity.put({
    id: "identity",
    // The official CLI takes word characters only.
    token: `local_${hostWord(40, random)}`,
    team: { id: newId("team", random), slug: teamSlug, name: "Local team" },
    user: {
      id: hostWord(24, random),
      username: "local-user",
      email: "local-user@localhost.invalid",
      name: "Local User",
    },
  });
}
