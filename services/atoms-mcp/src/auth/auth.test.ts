import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ManualRuntime, manualRuntime } from "../testing/manual-runtime.js";
import { bodyOf, PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";
import { deriveLocalKey, localKeySource } from "./keys.js";
import { bearerToken, verifyToken } from "./verify.js";

/** An issuer of AuthKit's shape on loopback. */
class Issuer {
  #server: Server | undefined;
  url = "";
  keys: JWK[] = [];
  fetches = 0;
  failing = false;
  tokenAnswer: { status: number; body: object } = { status: 200, body: {} };
  lastTokenRequest = new URLSearchParams();

  async open(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const send = (status: number, body: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      if (this.failing) return send(500, {});
      if (request.url === "/oauth2/jwks") {
        this.fetches += 1;
        return send(200, { keys: this.keys });
      }
      if (request.url === "/.well-known/oauth-authorization-server") {
        return send(200, {
          issuer: this.url,
          authorization_endpoint: `${this.url}/oauth2/authorize`,
          token_endpoint: `${this.url}/oauth2/token`,
        });
      }
      if (request.url === "/oauth2/token") {
        let body = "";
        for await (const chunk of request) body += chunk;
        this.lastTokenRequest = new URLSearchParams(body);
        return send(this.tokenAnswer.status, this.tokenAnswer.body);
      }
      send(404, {});
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

let store: TestStore;
let issuer: Issuer;
let server: TestServer;
let runtime: ManualRuntime;
let key: { privateKey: CryptoKey; publicKey: CryptoKey };
const RESOURCE = "http://atoms.localhost/api/mcp";

const publicJwk = async (publicKey: CryptoKey, kid: string) => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg: "RS256",
  use: "sig",
});
const sign = (claims: Record<string, unknown> = {}, header: object = {}, by = key.privateKey) => {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: issuer.url,
    aud: RESOURCE,
    sub: "user_01ABC",
    scope: "openid email",
    iat: now,
    exp: now + 300,
    ...claims,
  };
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(kept).setProtectedHeader({ alg: "RS256", kid: "k1", ...header }).sign(by);
};

beforeAll(async () => {
  store = await (STORES[0] as (typeof STORES)[number]).open();
  key = await generateKeyPair("RS256", { extractable: true });
});
beforeEach(async () => {
  issuer = new Issuer();
  await issuer.open();
  issuer.keys = [await publicJwk(key.publicKey, "k1")];
});
afterEach(async () => {
  await server?.close();
  issuer.close();
});
afterAll(() => store.close());

describe("AuthKit", () => {
  const start = async (env: Record<string, string> = {}) => {
    runtime = manualRuntime(Date.now());
    const authkit = {
      ATOMS_AUTH_MODE: "authkit",
      AUTHKIT_DOMAIN: issuer.url,
      WORKOS_CLIENT_ID: "client_1",
      ATOMS_RESOURCE_URL: RESOURCE,
    };
    server = await startServer({ ...PLAIN, ...authkit, ...env }, { ...shared(store.driver), runtime });
  };
  const tools = (token: string) => server.get("/api/mcp/tools", { authorization: `Bearer ${token}` });

  it("accepts a token of the issuer for this resource, also among several audiences", async () => {
    await start();
    expect((await tools(await sign())).status).toBe(200);
    expect((await tools(await sign({ aud: ["https://other.example", RESOURCE] }))).status).toBe(200);
    expect((await server.get("/api/mcp/tools", { authorization: `bEaReR ${await sign()}` })).status).toBe(
      200,
    );
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ["another issuer", () => sign({ iss: "https://api.workos.com/user_management/client_1" }), /issuer/],
    ["another audience", () => sign({ aud: "https://other.example" }), /audience/],
    ["no audience", () => sign({ aud: undefined }), /audience/],
    ["no expiry", () => sign({ exp: undefined }), /expired/],
    ["an old one", () => sign({ exp: Math.floor(Date.now() / 1000) - 31 }), /expired/],
    ["one from the future", () => sign({ nbf: Math.floor(Date.now() / 1000) + 60 }), /not valid yet/],
    ["no time of issue", () => sign({ iat: undefined }), /malformed/],
    ["no subject", () => sign({ sub: undefined }), /subject/],
    ["a long subject", () => sign({ sub: "x".repeat(129) }), /subject/],
    ["an unknown key", () => sign({}, { kid: "k2" }), /signature/],
    ["no key id", () => sign({}, { kid: undefined }), /signature/],
    [
      "a foreign signature",
      async () => sign({}, {}, (await generateKeyPair("RS256")).privateKey),
      /signature/,
    ],
    ["a tampered payload", async () => tampered(await sign()), /signature/],
    ["no signature", async () => `${encode({ alg: "none" })}.${(await sign()).split(".")[1]}.`, /malformed/],
    ["an HMAC made with the public key", () => hmac(), /malformed/],
    ["not a token", async () => "abc", /malformed/],
  ])("refuses %s", async (_, make, description) => {
    await start();
    const answer = await tools(await make());
    expect(answer.status).toBe(401);
    const body = await bodyOf(answer);
    expect(body.error).toBe("invalid_token");
    expect(body.error_description).toMatch(description);
    expect(answer.headers.get("www-authenticate")).toContain(
      'resource_metadata="http://atoms.localhost/.well-known/',
    );
  });

  it("answers 403 for a missing scope, and says which", async () => {
    await start({ ATOMS_REQUIRED_SCOPES: "openid admin" });
    const answer = await tools(await sign());
    expect(answer.status).toBe(403);
    expect((await bodyOf(answer)).error).toBe("insufficient_scope");
    expect(answer.headers.get("www-authenticate")).toContain('scope="openid admin"');
  });

  it("fetches keys once, again after ten minutes, and at most every 30 s for an unknown one", async () => {
    await start();
    for (let i = 0; i < 5; i += 1) await tools(await sign());
    expect(issuer.fetches).toBe(1);
    const next = await generateKeyPair("RS256", { extractable: true });
    issuer.keys.push(await publicJwk(next.publicKey, "k2"));
    const rotated = await sign({}, { kid: "k2" }, next.privateKey);
    expect((await tools(rotated)).status).toBe(401);
    expect(issuer.fetches).toBe(1);
    runtime.advance(30_000);
    expect((await tools(rotated)).status).toBe(200);
    expect(issuer.fetches).toBe(2);
    issuer.failing = true;
    runtime.advance(200_000);
    expect((await tools(rotated)).status).toBe(200);
    expect(await bodyOf(server.get("/health"))).toMatchObject({
      status: "healthy",
      checks: { auth: { mode: "authkit", keys_age_seconds: 200 } },
    });
    runtime.advance(86_400_000);
    expect(await bodyOf(server.get("/health"))).toMatchObject({ status: "degraded" });
  });

  it("lets nobody in when keys were never fetched: 503, unhealthy, and back when they can be", async () => {
    issuer.failing = true;
    await start();
    const token = await sign();
    const answer = await tools(token);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(await bodyOf(answer)).toMatchObject({ error: "auth_unavailable" });
    expect(await bodyOf(server.get("/health"))).toMatchObject({
      status: "unhealthy",
      checks: { auth: { status: "unhealthy" } },
    });
    issuer.failing = false;
    runtime.advance(1000);
    expect((await tools(token)).status).toBe(200);
  });

  it("logs in through the browser: state, code, PKCE, and the token's own check", async () => {
    await start({ PUBLIC_URL: "https://atoms.localhost" });
    const started = await server.get("/auth/login");
    expect(started.status).toBe(302);
    const to = new URL(started.headers.get("location") ?? "");
    const query = Object.fromEntries(to.searchParams);
    expect(to.origin + to.pathname).toBe(`${issuer.url}/oauth2/authorize`);
    expect(query).toMatchObject({
      response_type: "code",
      client_id: "client_1",
      redirect_uri: "https://atoms.localhost/auth/callback",
      resource: RESOURCE,
      code_challenge_method: "S256",
    });
    const cookie = started.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax; Path=\/auth; Max-Age=600; Secure/);
    const header = { cookie: cookie.split(";")[0] ?? "" };
    const finish = (path: string, headers = header) => server.get(`/auth/callback?${path}`, headers);
    expect((await finish(`code=c&state=wrong`)).status).toBe(400);
    expect((await server.get(`/auth/callback?code=c&state=${query["state"]}`)).status).toBe(400);
    issuer.tokenAnswer = { status: 400, body: { error: "invalid_grant" } };
    expect((await finish(`code=c&state=${query["state"]}`)).status).toBe(400);
    issuer.tokenAnswer = { status: 500, body: {} };
    expect((await finish(`code=c&state=${query["state"]}`)).status).toBe(502);
    issuer.tokenAnswer = {
      status: 200,
      body: { access_token: await sign({ aud: "https://other.example" }) },
    };
    expect((await finish(`code=c&state=${query["state"]}`)).status).toBe(502);
    const token = await sign({ email: "ann@example.com" });
    issuer.tokenAnswer = { status: 200, body: { access_token: token, expires_in: 300 } };
    const done = await finish(`code=c&state=${query["state"]}`);
    expect(done.status).toBe(200);
    expect(done.headers.get("cache-control")).toBe("no-store");
    expect(await bodyOf(done)).toEqual({
      success: true,
      token_type: "Bearer",
      access_token: token,
      expires_in: 300,
      user: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), email: "ann@example.com" },
    });
    const proof = createHash("sha256")
      .update(issuer.lastTokenRequest.get("code_verifier") ?? "")
      .digest("base64url");
    expect(proof).toBe(query["code_challenge"]);
    expect((await fetch(`${server.url}/auth/logout`, { method: "POST" })).status).toBe(204);
  });

  it("says when signing in is not configured, and points at the issuer's own document", async () => {
    await start({ WORKOS_CLIENT_ID: "" });
    const answer = await server.get("/auth/login");
    expect(answer.status).toBe(503);
    expect(await bodyOf(answer)).toMatchObject({ error: "auth_not_configured" });
    const metadata = await server.get("/.well-known/oauth-authorization-server");
    expect([metadata.status, metadata.headers.get("location")]).toEqual([
      307,
      `${issuer.url}/.well-known/oauth-authorization-server`,
    ]);
    expect((await server.get("/oauth2/jwks")).status).toBe(404);
  });
});

describe("the verifier", () => {
  it("never throws anything but a refusal, whatever it is given", async () => {
    const keys = localKeySource(deriveLocalKey("a-secret-of-tests"));
    const rules = { issuer: "i", audience: "a", notBefore: 0, requiredScopes: [] };
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(fc.base64String(), { maxLength: 4 }).map((p) => p.join(".")),
        ),
        async (text) => {
          const outcome = await (async () =>
            verifyToken(bearerToken(`Bearer ${text}`), keys, rules, 0))().catch((error: Error) => error);
          return (outcome as Error).constructor.name === "TokenRefused";
        },
      ),
    );
  });
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function tampered(token: string): string {
  const [header, payload, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
  return `${header}.${encode({ ...claims, sub: "user_root" })}.${signature}`;
}

async function hmac(): Promise<string> {
  const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(key.publicKey)));
  return new SignJWT({ iss: issuer.url, aud: RESOURCE, sub: "x", iat: 1, exp: 9_999_999_999 })
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .sign(secret);
}
