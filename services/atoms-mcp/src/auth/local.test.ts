import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { httpTests } from "../testing/http-tests.js";
import { bodyOf } from "../testing/server.js";
import { deriveLocalKey } from "./keys.js";

const http = httpTests();

describe("the local identity", () => {
  const post = (path: string, body: string, type = "application/x-www-form-urlencoded") =>
    http.send("POST", path, { "content-type": type }, body);
  const register = async (uri: string) =>
    bodyOf(post("/oauth2/register", JSON.stringify({ redirect_uris: [uri] }), "application/json"));

  it("is the same on every instance with the secret, and another with another", () => {
    expect(deriveLocalKey("one-secret").kid).toBe(deriveLocalKey("one-secret").kid);
    expect(deriveLocalKey("one-secret").kid).not.toBe(deriveLocalKey("two-secrets").kid);
    expect(deriveLocalKey("one-secret").publicJwk).not.toHaveProperty("d");
  });

  it("publishes its metadata and the public half of its key", async () => {
    await http.start();
    const metadata = await bodyOf(http.server.get("/.well-known/oauth-authorization-server"));
    expect(metadata).toMatchObject({
      issuer: http.server.url,
      jwks_uri: `${http.server.url}/oauth2/jwks`,
      code_challenge_methods_supported: ["S256"],
    });
    const { keys } = await bodyOf(http.server.get("/oauth2/jwks"));
    expect(keys).toMatchObject([{ kty: "OKP", crv: "Ed25519", alg: "EdDSA" }]);
    expect(keys[0]).not.toHaveProperty("d");
  });

  it("runs the whole code flow; codes are single-use, short-lived and bound to their request", async () => {
    await http.start();
    const redirect = "http://127.0.0.1:9999/back";
    const { client_id } = await register(redirect);
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const authorize = (more: Record<string, string> = {}) => {
      const query = {
        response_type: "code",
        client_id,
        redirect_uri: redirect,
        state: "s1",
        code_challenge: challenge,
        code_challenge_method: "S256",
        login_hint: "alice",
        ...more,
      };
      return http.server.get(`/oauth2/authorize?${new URLSearchParams(query)}`);
    };
    const codeOf = async () =>
      new URL((await authorize()).headers.get("location") ?? "").searchParams.get("code") ?? "";
    const exchange = (code: string, more: Record<string, string> = {}) =>
      post(
        "/oauth2/token",
        String(
          new URLSearchParams({
            grant_type: "authorization_code",
            code,
            redirect_uri: redirect,
            client_id,
            code_verifier: verifier,
            ...more,
          }),
        ),
      );
    const code = await codeOf();
    for (const wrong of [
      { code_verifier: "x" },
      { redirect_uri: "http://127.0.0.1/other" },
      { client_id: "other" },
    ]) {
      expect((await exchange(code, wrong)).status).toBe(400);
    }
    const answers = await Promise.all([exchange(code), exchange(code), exchange(code)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    const good = answers.find(({ status }) => status === 200) as Response;
    const { access_token, expires_in } = await bodyOf(good);
    expect(expires_in).toBe(300);
    expect(
      (await http.server.get("/api/mcp/tools", { authorization: `Bearer ${access_token}` })).status,
    ).toBe(200);
    const late = await codeOf();
    http.runtime.advance(61_000);
    expect((await exchange(late)).status).toBe(400);
    expect((await authorize({ redirect_uri: "http://127.0.0.1:9999/back/" })).status).toBe(400);
    for (const more of [
      { code_challenge_method: "plain" },
      { resource: "https://other.example" },
      { response_type: "token" },
    ]) {
      expect((await authorize(more as Record<string, string>)).headers.get("location")).toMatch(/error=/);
    }
    expect(
      (
        await post(
          "/oauth2/register",
          JSON.stringify({ redirect_uris: ["https://evil.example/"] }),
          "application/json",
        )
      ).status,
    ).toBe(400);
    expect((await exchange("nonsense")).status).toBe(400);
  });

  it("logs in through the browser with the same code as AuthKit", async () => {
    await http.start();
    const { auth_url } = await bodyOf(http.server.get("/auth/login?format=json"));
    expect(auth_url).toContain("/oauth2/authorize?");
    const started = await http.server.get("/auth/login?login_hint=carol");
    const cookie = (started.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const authorized = await fetch(started.headers.get("location") ?? "", { redirect: "manual" });
    const done = await fetch(authorized.headers.get("location") ?? "", {
      headers: { cookie },
      redirect: "manual",
    });
    expect(done.status).toBe(200);
    const body = await bodyOf(done);
    expect(body).toMatchObject({ success: true, user: { email: "carol@local.test" } });
    expect(
      (await http.server.get("/api/mcp/tools", { authorization: `Bearer ${body.access_token}` })).status,
    ).toBe(200);
  });

  it("none mode makes every request the user dev", async () => {
    await http.start({ ATOMS_AUTH_MODE: "none" });
    expect((await http.server.get("/api/mcp/tools")).status).toBe(200);
    expect((await http.server.get("/auth/login")).status).toBe(503);
  });
});
