import { createHash, randomBytes } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import { z } from "zod";
import type { Config } from "../config/index.js";
import type { Runtime } from "../runtime.js";
import type { Identity } from "./identity.js";
import { derive, type KeySource } from "./keys.js";
import { verifyToken } from "./verify.js";

const Metadata = z.looseObject({ authorization_endpoint: z.url(), token_endpoint: z.url() });
const Tokens = z.looseObject({ access_token: z.string(), expires_in: z.number().optional() });
type Metadata = z.output<typeof Metadata>;

const COOKIE = "atoms_login";
const COOKIE_SECONDS = 600;
const UPSTREAM_TIMEOUT_MS = 5000;

/** Builds the answer to a failure. */
export type Problem = (status: number, error: string, message: string) => Response;

/** The browser's way to a token: `/auth/login`, `/auth/callback`, `/auth/logout`. Same code for AuthKit and locally. */
export interface Login {
  /** Answers one of the three routes. */
  start(url: URL, problem: Problem): Promise<Response>;
  finish(url: URL, cookieHeader: string | undefined, problem: Problem): Promise<Response>;
  logout(): Response;
}

/**
 * @param send how to reach the authorization server; the local identity is reached without a network
 * @param profileId the profile of a signed-in caller, made on first sight
 */
export function createLogin(
  config: Config,
  keys: KeySource | undefined,
  runtime: Runtime,
  send: typeof fetch,
  profileId: (identity: Identity) => Promise<string>,
): Login {
  const callback = `${config.publicUrl}/auth/callback`;
  const secure = config.publicUrl.startsWith("https:") ? "; Secure" : "";
  const cookieKey = derive(config.auth.cookieSecret ?? randomBytes(32).toString("hex"), "login cookie");
  const { clientId } = config.auth;
  const cookie = (value: string, seconds: number) =>
    `${COOKIE}=${value}; HttpOnly; SameSite=Lax; Path=/auth; Max-Age=${seconds}${secure}`;

  let known: Promise<Metadata> | undefined;
  const serverMetadata = () => {
    known ??= upstream(`${config.auth.issuer}/.well-known/oauth-authorization-server`, {}).then((body) =>
      Metadata.parse(body),
    );
    known.catch(() => {
      known = undefined;
    });
    return known;
  };
  const upstream = async (url: string, init: RequestInit): Promise<unknown> => {
    const answer = await send(url, { ...init, signal: AbortSignal.timeout(UPSTREAM_TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`the authorization server answered ${answer.status}`);
    return answer.json();
  };

  return {
    async start(url, problem) {
      if (clientId === undefined || !keys) {
        return problem(503, "auth_not_configured", "Signing in is not configured on this server.");
      }
      const metadata = await serverMetadata().catch(() => undefined);
      if (!metadata) {
        return problem(
          503,
          "auth_unavailable",
          "The authorization server cannot be reached; try again shortly.",
        );
      }
      const state = randomBytes(24).toString("base64url");
      const verifier = randomBytes(32).toString("base64url");
      const target = new URL(metadata.authorization_endpoint);
      const query = {
        response_type: "code",
        client_id: clientId,
        redirect_uri: callback,
        scope: "openid profile email",
        resource: config.resourceUrl,
        state,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
      const hint = url.searchParams.get("login_hint");
      if (hint !== null) target.searchParams.set("login_hint", hint);
      const sealed = await new EncryptJWT({ state, verifier })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setExpirationTime(Math.floor(runtime.now() / 1000) + COOKIE_SECONDS)
        .encrypt(cookieKey);
      const headers = { "set-cookie": cookie(sealed, COOKIE_SECONDS) };
      if (url.searchParams.get("format") === "json")
        return Response.json({ auth_url: target.href }, { headers });
      return new Response(null, { status: 302, headers: { ...headers, location: target.href } });
    },

    async finish(url, cookieHeader, problem) {
      if (clientId === undefined || !keys) {
        return problem(503, "auth_not_configured", "Signing in is not configured on this server.");
      }
      const sealed = new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]+)`).exec(cookieHeader ?? "")?.[1] ?? "";
      const opened = await jwtDecrypt(sealed, cookieKey, { currentDate: new Date(runtime.now()) }).catch(
        () => undefined,
      );
      const code = url.searchParams.get("code");
      if (!opened || opened.payload["state"] !== url.searchParams.get("state") || code === null) {
        return problem(
          400,
          "invalid_login",
          "The login's state or code is not valid; start again at /auth/login.",
        );
      }
      let tokens: z.output<typeof Tokens>;
      try {
        const metadata = await serverMetadata();
        const answer = await send(metadata.token_endpoint, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: new URLSearchParams({
            grant_type: "authorization_code",
            code,
            redirect_uri: callback,
            client_id: clientId,
            code_verifier: String(opened.payload["verifier"]),
            resource: config.resourceUrl,
          }),
          signal: AbortSignal.timeout(UPSTREAM_TIMEOUT_MS),
        });
        if (answer.status === 400 || answer.status === 401) {
          return problem(
            400,
            "invalid_login",
            "The authorization server refused the code; start again at /auth/login.",
          );
        }
        if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}`);
        tokens = Tokens.parse(await answer.json());
      } catch {
        return problem(502, "auth_upstream_failed", "The authorization server did not answer as expected.");
      }
      const rules = {
        issuer: config.auth.issuer,
        audience: config.resourceUrl,
        notBefore: config.auth.tokensNotBefore,
        requiredScopes: [],
      };
      const identity = await verifyToken(tokens.access_token, keys, rules, runtime.now()).catch(
        () => undefined,
      );
      if (!identity) {
        return problem(
          502,
          "auth_upstream_failed",
          "The authorization server's token is not one for this server.",
        );
      }
      return Response.json(
        {
          success: true,
          token_type: "Bearer",
          access_token: tokens.access_token,
          expires_in: tokens.expires_in ?? identity.expiresAt - Math.floor(runtime.now() / 1000),
          user: { id: await profileId(identity), email: identity.email ?? null },
        },
        { headers: { "set-cookie": cookie("", 0), "cache-control": "no-store" } },
      );
    },

    logout: () => new Response(null, { status: 204, headers: { "set-cookie": cookie("", 0) } }),
  };
}
