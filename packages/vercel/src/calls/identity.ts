import type { Api } from "../api.js";
import { path } from "../path.js";
import { type TeamAnswer, teamAnswer, type UserAnswer, userAnswer } from "../wire/index.js";

/** Who the token belongs to. */
export interface IdentityCalls {
  user(signal?: AbortSignal): Promise<UserAnswer["user"]>;
  /** @param idOrSlug Team id or slug. */
  team(idOrSlug: string, signal?: AbortSignal): Promise<TeamAnswer>;
}

export function identityCalls(api: Api): IdentityCalls {
  return {
    user: async (signal) => (await api.ask(userAnswer, { path: "/v2/user", timeoutMs: 10_000, signal })).user,
    team: (idOrSlug, signal) =>
      api.ask(teamAnswer, { path: path`/v2/teams/${idOrSlug}`, timeoutMs: 10_000, signal }),
  };
}
