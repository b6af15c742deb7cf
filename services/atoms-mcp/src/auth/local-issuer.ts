import { createHash, createPublicKey } from "node:crypto";
import { compactVerify, EncryptJWT, jwtDecrypt, SignJWT } from "jose";
import { isLoopback } from "../config/loopback.js";
import type { Runtime } from "../runtime.js";
import { derive, type LocalKey } from "./keys.js";
import { DEFAULT_SCOPE, DEFAULT_TTL, LOCAL_USER, mintLocalToken } from "./local-token.js";

/** What the local authorization server needs to know. */
export interface LocalIssuerSettings {
  issuer: string;
  resource: string;
  secret: string;
  key: LocalKey;
  /** The client of `/auth/login`, known without registration. */
  loginClient: { id: string; redirectUri: string };
  /** Marks a code as used; answers false when it already was. Shared by all instances. */
  redeem: (codeId: string, expiresAt: Date) => Promise<boolean>;
  runtime: Runtime;
}

const CODE_SECONDS = 60;

/**
 * A small authorization server for development, tests and the local simulation of production, so that the code under
 * test is the real verifier. It keeps nothing in memory: codes are sealed and client ids are signed, so any instance
 * can finish what another began.
 * @returns answers `/oauth2/*` and the metadata document; undefined for any other path
 */
export function createLocalIssuer(
  settings: LocalIssuerSettings,
): (request: Request) => Promise<Response | undefined> {
  const codeKey = derive(settings.secret, "local identity authorization codes");
  return async (request) => {
    const { pathname } = new URL(request.url);
    const route = `${request.method === "HEAD" ? "GET" : request.method} ${pathname}`;
    switch (route) {
      case "GET /.well-known/oauth-authorization-server":
        return Response.json(metadata(settings.issuer));
      case "GET /oauth2/jwks":
        return Response.json({ keys: [settings.key.publicJwk] });
      case "GET /oauth2/authorize":
        return authorize(new URL(request.url).searchParams, settings, codeKey);
      case "POST /oauth2/token":
        return exchange(await form(request), settings, codeKey);
      case "POST /oauth2/register":
        return register(await request.json().catch(() => undefined), settings);
      default:
        return undefined;
    }
  };
}

/** RFC 8414 metadata of the local identity. */
export function metadata(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth2/authorize`,
    token_endpoint: `${issuer}/oauth2/token`,
    registration_endpoint: `${issuer}/oauth2/register`,
    jwks_uri: `${issuer}/oauth2/jwks`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: ["none"],
    scopes_supported: ["openid", "profile", "email"],
  };
}

async function authorize(
  query: URLSearchParams,
  settings: LocalIssuerSettings,
  codeKey: Buffer,
): Promise<Response> {
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const registered = await redirectsOf(clientId, settings);
  // Never redirect to an address that was not registered: the answer stays here.
  if (!registered?.includes(redirectUri))
    return oauthError(400, "invalid_request", "Unknown client or redirect URI");
  const back = new URL(redirectUri);
  const state = query.get("state");
  if (state !== null) back.searchParams.set("state", state);
  const fail = (error: string) => {
    back.searchParams.set("error", error);
    return Response.redirect(back.href, 302);
  };
  if (query.get("response_type") !== "code") return fail("unsupported_response_type");
  const challenge = query.get("code_challenge") ?? "";
  if (query.get("code_challenge_method") !== "S256" || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    return fail("invalid_request");
  }
  const resource = query.get("resource") ?? settings.resource;
  if (resource !== settings.resource) return fail("invalid_target");
  const user = (query.get("login_hint") || "dev").toLowerCase().replace(/@local\.test$/, "");
  if (!LOCAL_USER.test(user)) return fail("access_denied");
  const now = Math.floor(settings.runtime.now() / 1000);
  const code = await new EncryptJWT({
    user,
    clientId,
    redirectUri,
    challenge,
    scope: query.get("scope") ?? DEFAULT_SCOPE,
  })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setJti(settings.runtime.uuid())
    .setExpirationTime(now + CODE_SECONDS)
    .encrypt(codeKey);
  back.searchParams.set("code", code);
  return Response.redirect(back.href, 302);
}

async function exchange(
  fields: URLSearchParams | undefined,
  settings: LocalIssuerSettings,
  codeKey: Buffer,
): Promise<Response> {
  if (fields?.get("grant_type") !== "authorization_code") return oauthError(400, "unsupported_grant_type");
  const { runtime } = settings;
  const sealed = await jwtDecrypt(fields.get("code") ?? "", codeKey, {
    currentDate: new Date(runtime.now()),
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  }).catch(() => undefined);
  if (!sealed) return oauthError(400, "invalid_grant", "The code is not valid or has expired");
  const grant = sealed.payload as Record<string, string> & { jti: string; exp: number };
  const proof = createHash("sha256")
    .update(fields.get("code_verifier") ?? "")
    .digest("base64url");
  const matches =
    proof === grant["challenge"] &&
    fields.get("client_id") === grant["clientId"] &&
    fields.get("redirect_uri") === grant["redirectUri"];
  if (!matches) return oauthError(400, "invalid_grant", "The code belongs to another request");
  if (!(await settings.redeem(grant.jti, new Date(grant.exp * 1000)))) {
    return oauthError(400, "invalid_grant", "The code was already used");
  }
  const token = await mintLocalToken(settings.key, {
    user: grant["user"] ?? "",
    issuer: settings.issuer,
    audience: settings.resource,
    scope: grant["scope"],
    clientId: grant["clientId"],
    now: runtime.now(),
  });
  return Response.json(
    { access_token: token, token_type: "Bearer", expires_in: DEFAULT_TTL, scope: grant["scope"] },
    { headers: { "cache-control": "no-store" } },
  );
}

async function register(body: unknown, settings: LocalIssuerSettings): Promise<Response> {
  const uris = (body as { redirect_uris?: unknown } | undefined)?.redirect_uris;
  if (!Array.isArray(uris) || uris.length === 0 || uris.length > 5 || !uris.every(isLoopbackUri)) {
    return oauthError(400, "invalid_redirect_uri", "Only loopback redirect URIs can be registered here");
  }
  const clientId = await new SignJWT({ redirect_uris: uris })
    .setProtectedHeader({ alg: "EdDSA", kid: settings.key.kid, typ: "client" })
    .setIssuedAt(Math.floor(settings.runtime.now() / 1000))
    .sign(settings.key.privateKey);
  return Response.json(
    {
      client_id: clientId,
      redirect_uris: uris,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
    { status: 201, headers: { "cache-control": "no-store" } },
  );
}

async function redirectsOf(clientId: string, settings: LocalIssuerSettings): Promise<string[] | undefined> {
  if (clientId === settings.loginClient.id) return [settings.loginClient.redirectUri];
  try {
    const { payload, protectedHeader } = await compactVerify(
      clientId,
      createPublicKey(settings.key.privateKey),
      {
        algorithms: ["EdDSA"],
      },
    );
    if (protectedHeader["typ"] !== "client") return undefined;
    return (JSON.parse(new TextDecoder().decode(payload)) as { redirect_uris: string[] }).redirect_uris;
  } catch {
    return undefined;
  }
}

function isLoopbackUri(uri: unknown): boolean {
  if (typeof uri !== "string" || !URL.canParse(uri)) return false;
  const { protocol, hostname, hash } = new URL(uri);
  return (protocol === "http:" || protocol === "https:") && isLoopback(hostname) && hash === "";
}

async function form(request: Request): Promise<URLSearchParams | undefined> {
  const text = await request.text();
  return text.length > 20_000 ? undefined : new URLSearchParams(text);
}

function oauthError(status: number, error: string, description?: string): Response {
  return Response.json(
    { error, ...(description === undefined ? {} : { error_description: description }) },
    { status, headers: { "cache-control": "no-store" } },
  );
}
