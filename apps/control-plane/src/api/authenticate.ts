import { createHash, timingSafeEqual } from "node:crypto";
import type { Actor, Problem } from "@atoms/playbook";
import type { Credential } from "@atoms/store";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { type Caller, digestOf, tokenPrefix } from "../access/index.js";
import type { ControlPlane } from "../control-plane.js";
import { foreignPage, tokenRefused } from "../problems.js";

/**
 * The cookie of this folder's dashboard. Cookies do not tell ports apart, so that two control planes on one machine need
 * two names.
 */
export const cookieName = (plane: ControlPlane): string =>
  `atoms_${createHash("sha256").update(plane.places.root).digest("hex").slice(0, 12)}`;

/** Gives a browser its session, which no script reads and no other site sends along. @param forMs How long it lasts. */
export const setSession = (
  plane: ControlPlane,
  c: Context,
  secret: string,
  { forMs, secure }: { forMs: number; secure: boolean },
): void =>
  setCookie(c, cookieName(plane), secret, {
    httpOnly: true,
    sameSite: "Strict",
    path: "/",
    secure,
    maxAge: forMs / 1_000,
  });

/** Where browsers find the dashboard when a proxy stands before it. */
export function originOfProxy({ env }: Pick<ControlPlane, "env">): string | undefined {
  const url = env["ATOMS_PUBLIC_URL"];
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}

/**
 * Finds out who asks: by the bearer token of the folder, by one that was created, or by the session of a browser.
 * @param ownToken The token of the control plane's folder.
 * @returns The caller, or why the request is refused.
 */
export async function authenticate(
  plane: ControlPlane,
  c: Context,
  ownToken: string,
): Promise<Caller | { refused: Problem; status: 401 | 403 }> {
  const header = c.req.header("authorization");
  if (header !== undefined) {
    // Programs send no Origin. A page that got hold of a token is still no program.
    if (c.req.header("origin") !== undefined) return { refused: tokenRefused(), status: 403 };
    const bearer = /^Bearer (\S+)$/i.exec(header)?.[1] ?? "";
    if (sameText(bearer, ownToken)) {
      const actor = actorFrom(c.req.header("x-atoms-actor"));
      return { actor, role: "admin", environments: ["*"], kind: "owner" };
    }
    const token = bearer.startsWith(tokenPrefix) ? await counts(plane, bearer, "token") : undefined;
    return token === undefined
      ? { refused: tokenRefused(), status: 401 }
      : callerOf(token, { kind: "token", name: token.name, via: "api" });
  }
  const cookie = getCookie(c, cookieName(plane));
  const session = cookie === undefined ? undefined : await counts(plane, cookie, "session");
  if (session === undefined) return { refused: tokenRefused(), status: 401 };
  if (!fromOwnPage(plane, c)) return { refused: foreignPage(), status: 403 };
  return callerOf(session, { kind: "person", name: session.name, via: "dashboard" });
}

/**
 * Whether a browser sent the request for the dashboard itself. Pages of other ports of this machine are of the same
 * site, so that the cookie's SameSite alone does not keep them out.
 */
export function fromOwnPage(plane: ControlPlane, c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin") return false;
  const origin = c.req.header("origin");
  if (origin === undefined) return c.req.method === "GET";
  if (originOfProxy(plane) === origin) return true;
  return URL.canParse(origin) && new URL(origin).host === c.req.header("host");
}

const counts = async (plane: ControlPlane, secret: string, kind: Credential["kind"]) =>
  (await plane.store()).access.find(digestOf(secret), kind, plane.clock.now());

const callerOf = ({ id, role, environments, kind }: Credential, actor: Actor): Caller => ({
  actor,
  role,
  environments,
  kind: kind === "session" ? "session" : "token",
  id,
});

function sameText(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

// The owner's token is trusted, so that the name of the person at the terminal is taken as it is.
function actorFrom(header: string | undefined): Actor {
  const name = header === undefined ? "" : decoded(header).slice(0, 100);
  return { kind: name === "" ? "token" : "person", name: name === "" ? "local token" : name, via: "api" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
