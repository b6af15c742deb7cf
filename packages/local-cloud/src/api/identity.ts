import type { Hono } from "hono";
import type { World } from "../world.js";
import { notFound } from "./api-error.js";

/** The one user and the one team of the cloud. */
export function identityRoutes(app: Hono, world: World): void {
  const { user, team } = world.identity;
  const teamJson = {
    id: team.id,
    slug: team.slug,
    name: team.name,
    creatorId: user.id,
    avatar: null,
    createdAt: 0,
    updatedAt: 0,
    stagingPrefix: "",
    description: null,
    billing: { plan: "enterprise" },
    membership: {
      role: "OWNER",
      confirmed: true,
      uid: user.id,
      createdAt: 0,
      created: 0,
      confirmedAt: 0,
      teamId: team.id,
    },
  };

  app.get("/user", (c) => c.json({ user: { ...user, uid: user.id, avatar: null } }));
  app.get("/teams", (c) => c.json({ teams: [teamJson], pagination: { count: 1, next: null, prev: null } }));
  app.get("/teams/:idOrSlug", (c) => {
    const name = c.req.param("idOrSlug");
    if (name !== team.id && name !== team.slug) throw notFound(`The team "${name}"`);
    return c.json(teamJson);
  });
}
