import { type Context, Hono } from "hono";
import { deleteCookie } from "hono/cookie";
import { z } from "zod";
import { accessEvent, type Caller, openForStrangers, sessionLifeMs, signIn } from "../access/index.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { foreignPage, linkRefused } from "../problems.js";
import { cookieName, fromOwnPage, setSession } from "./authenticate.js";
import type { Known } from "./known.js";
import { problemAnswer } from "./respond.js";

/** Who asks, and about what. */
export type WhoAmI = {
  name: string;
  role: Caller["role"];
  environments: readonly string[];
  service: string;
  environment: string;
};

const whoAmI = async (
  plane: ControlPlane,
  own: PlaybookRef,
  who: Pick<WhoAmI, "name" | "role" | "environments">,
): Promise<WhoAmI> => {
  const { service, environment } = await plane.open(own);
  return { name: who.name, role: who.role, environments: who.environments, service, environment };
};

/**
 * `POST /api/v1/session`: the one route without a credential; its code is one.
 * @param knocks Refuses whoever tries too often.
 */
export function signInRoute(
  plane: ControlPlane,
  own: PlaybookRef,
  knocks: (c: Context) => Response | undefined,
): Hono {
  return new Hono().post("/api/v1/session", async (c) => {
    if (!fromOwnPage(plane, c)) return problemAnswer(c, foreignPage());
    const asked = z
      .strictObject({ code: z.string().min(20).max(100) })
      .safeParse(await c.req.json().catch(() => undefined));
    if (!asked.success) return knocks(c) ?? problemAnswer(c, linkRefused());
    try {
      const { service } = await openForStrangers(plane, own);
      const { session, secret } = await signIn(plane, asked.data.code, service);
      const secure = c.req.header("origin")?.startsWith("https:") === true;
      setSession(plane, c, secret, { forMs: sessionLifeMs, secure });
      return c.json({ ok: true, answer: await whoAmI(plane, own, session) });
    } catch (error) {
      const refused = knocks(c);
      if (refused !== undefined) return refused;
      throw error;
    }
  });
}

/** `GET /api/v1/session` says who asks; `DELETE` signs a browser out. */
export function sessionRoutes(plane: ControlPlane, own: PlaybookRef): Hono<Known> {
  return new Hono<Known>()
    .get("/api/v1/session", async (c) => {
      const { actor, role, environments } = c.get("caller");
      return c.json({ ok: true, answer: await whoAmI(plane, own, { name: actor.name, role, environments }) });
    })
    .delete("/api/v1/session", async (c) => {
      const { kind, id, actor } = c.get("caller");
      if (kind === "session" && id !== undefined) {
        const { access } = await plane.store();
        const { service } = await plane.open(own);
        const at = plane.clock.now();
        await access.end("session", id, at, (session) => [
          accessEvent("session.ended", session, { at, actor }, service),
        ]);
      }
      deleteCookie(c, cookieName(plane), { path: "/" });
      return c.json({ ok: true, answer: null });
    });
}
