import { isProblem, type PlaybookSettings, roleOf } from "@atoms/playbook";
import type { Credential } from "@atoms/store";
import { type Context, Hono } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { html } from "hono/html";
import { z } from "zod";
import { digestOf, newSecret, newSession, openForStrangers, sessionOpened } from "../access/index.js";
import { cookieName, originOfProxy, setSession } from "../api/authenticate.js";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { identityRefused, nobodyKnown, noProvider } from "../problems.js";
import { discreet, linkPage } from "../signed-links/index.js";
import { openProvider, type Provider } from "./provider.js";

type Oidc = NonNullable<PlaybookSettings["sign_in"]["oidc"]>;

const begin = "/auth/oidc";
const callback = "/auth/oidc/callback";
/** How long the provider may take with a person, passwords and second factors included. */
const attemptSeconds = 600;

const Attempt = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() });

/**
 * Sign-in by OpenID Connect, as `sign_in.oidc` of the playbook says. `GET /auth` tells the sign-in page what there is,
 * `GET /auth/oidc` sends the browser to the provider, and `GET /auth/oidc/callback` lets in whom it brings back.
 * @param knocks Refuses whoever tries too often.
 */
export function oidcRoutes(
  plane: ControlPlane,
  own: PlaybookRef,
  knocks: (c: Context) => Response | undefined,
): Hono {
  let known: { key: string; provider: Provider } | undefined;
  const settingsNow = async () => (await openForStrangers(plane, own)).settings.sign_in.oidc;
  const opened = async () => {
    const oidc = await settingsNow();
    if (oidc === undefined) throw noProvider();
    const key = JSON.stringify(oidc);
    if (known?.key !== key) known = { key, provider: openProvider(oidc, () => plane.clock.monotonic()) };
    return { oidc, provider: known.provider };
  };
  const attemptName = `${cookieName(plane)}_oidc`;

  const app = new Hono();
  app.get("/auth", async (c) => {
    c.header("cache-control", "no-store");
    return c.json({ oidc: (await settingsNow())?.name ?? null });
  });
  app.use(`${begin}/*`, discreet);
  app.get(begin, (c) =>
    orSay(c, async () => {
      const refused = knocks(c);
      if (refused !== undefined) return refused;
      const { oidc, provider } = await opened();
      const started = await provider
        .begin(`${origin(plane, c)}${callback}`)
        .catch((error: unknown) => Promise.reject(refusal(oidc, error)));
      // Lax, because the way back begins on the provider's page.
      await setSignedCookie(
        c,
        attemptName,
        JSON.stringify(started.attempt),
        await linkSecret(plane.places, plane.env),
        {
          httpOnly: true,
          sameSite: "Lax",
          path: begin,
          secure: origin(plane, c).startsWith("https:"),
          maxAge: attemptSeconds,
        },
      );
      return c.redirect(started.to.href, 302);
    }),
  );
  app.get(callback, (c) =>
    orSay(c, async () => {
      const { oidc, provider } = await opened();
      const kept = await getSignedCookie(c, await linkSecret(plane.places, plane.env), attemptName);
      deleteCookie(c, attemptName, { path: begin });
      const attempt = Attempt.safeParse(kept === undefined || kept === false ? undefined : jsonOf(kept));
      if (!attempt.success)
        throw identityRefused({
          name: oidc.name,
          because: "this browser has not begun a sign-in here in the last ten minutes",
        });
      const answered = new URL(`${origin(plane, c)}${callback}${new URL(c.req.url).search}`);
      let claims: Readonly<Record<string, unknown>>;
      try {
        claims = await provider.finish(answered, attempt.data);
      } catch (error) {
        const refused = knocks(c);
        if (refused !== undefined) return refused;
        throw refusal(oidc, error);
      }
      const { secret, session } = await letIn(plane, own, oidc, claims);
      const secure = origin(plane, c).startsWith("https:");
      setSession(plane, c, secret, { forMs: oidc.lasts, secure });
      // A page, not a redirect: a strict cookie does not go along while the way still comes from the provider's page.
      c.header("refresh", "0; url=/");
      return c.html(
        linkPage(
          "Signed in",
          html`<h1>Signed in as ${session.name}</h1><p><a href="/">To the dashboard</a></p>`,
        ),
      );
    }),
  );
  return app;
}

/** Opens a session with the role that the playbook gives. @throws ATM-952 when it gives none. */
async function letIn(
  plane: ControlPlane,
  own: PlaybookRef,
  oidc: Oidc,
  claims: Readonly<Record<string, unknown>>,
): Promise<{ secret: string; session: Credential }> {
  const text = (name: string) => (typeof claims[name] === "string" ? claims[name].slice(0, 100) : undefined);
  const name = text("email") ?? text("preferred_username") ?? text("name") ?? text("sub") ?? "somebody";
  const role = roleOf(claims, oidc.roles);
  if (role === undefined) throw nobodyKnown({ who: name, name: oidc.name });
  const { access } = await plane.store();
  const { service } = await openForStrangers(plane, own);
  const secret = newSecret();
  const session = newSession(
    { name, role: role.role, environments: role.in },
    { at: plane.clock.now(), by: `${oidc.issuer} ${text("sub") ?? ""}`, forMs: oidc.lasts },
  );
  await access.add(session, digestOf(secret), [sessionOpened(session, service)]);
  return { secret, session };
}

/** Answers a person in a browser: a refusal is a page that says what to do. */
async function orSay(c: Context, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    if (!isProblem(error)) throw error;
    c.status(error.code === "ATM-950" ? 404 : 403);
    return c.html(
      linkPage(
        "Not signed in",
        html`<h1>${error.title}</h1><p>${error.happened}</p><p>Nobody was signed in.</p><p>${error.fix}</p><p><a href="/">Back</a> (${error.code})</p>`,
      ),
    );
  }
}

/** What the library found, in a sentence that holds no secret: its own words name claims and parameters only. */
function refusal(oidc: Oidc, error: unknown): Error {
  const { message, cause } = error as { message: string; cause?: { code?: unknown; message?: string } };
  const parameters = cause instanceof URLSearchParams ? cause.get("error_description") : undefined;
  const code = typeof cause?.code === "string" ? cause.code : cause?.message;
  const because = parameters ?? [message, code].filter(Boolean).join(": ");
  return identityRefused({ name: oidc.name, because: because.replace(/\s+/g, " ").slice(0, 300) });
}

/** The address that the browser sees: that of the proxy, where there is one. */
const origin = (plane: ControlPlane, c: Context): string =>
  originOfProxy(plane) ?? `http://${c.req.header("host") ?? "localhost"}`;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
