import type { PlaybookSettings } from "@atoms/playbook";
import * as client from "openid-client";

type Oidc = NonNullable<PlaybookSettings["sign_in"]["oidc"]>;

/** What a sign-in under way is told by; it stays with the browser that began it. */
export type Attempt = { state: string; nonce: string; verifier: string };

/** The identity provider, as far as a sign-in needs it. */
export interface Provider {
  /** @returns where the browser goes, and what it has to bring back. */
  begin(redirect: string): Promise<{ to: URL; attempt: Attempt }>;
  /**
   * Trades what the browser brought back for who the person is.
   * @param answered The whole address that the browser came to.
   * @returns the claims of the identity, its signature, issuer, audience, nonce and times checked.
   * @throws Whatever the library finds wrong.
   */
  finish(answered: URL, attempt: Attempt): Promise<Readonly<Record<string, unknown>>>;
}

/** What the provider says of itself is asked again after so long, its keys by the library when it meets a new one. */
const knownForMs = 3_600_000;
const timeoutSeconds = 10;

/**
 * An OpenID Connect provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636, RFC 9700).
 * @param monotonic Milliseconds of a clock that only goes forward.
 */
export function openProvider(oidc: Oidc, monotonic: () => number): Provider {
  let standing: { at: number; config: Promise<client.Configuration> } | undefined;
  const configuration = () => {
    if (standing !== undefined && monotonic() - standing.at < knownForMs) return standing.config;
    const { issuer, client_id: id, client_secret: secret } = oidc;
    const config = client.discovery(
      new URL(issuer),
      id,
      secret,
      secret === undefined ? client.None() : undefined,
      {
        timeout: timeoutSeconds,
        ...(new URL(issuer).protocol === "http:" ? { execute: [client.allowInsecureRequests] } : {}),
      },
    );
    const own = { at: monotonic(), config };
    standing = own;
    // What failed is not kept: the next one who tries may find the provider well.
    config.catch(() => {
      if (standing === own) standing = undefined;
    });
    return config;
  };

  return {
    async begin(redirect) {
      const config = await configuration();
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const to = client.buildAuthorizationUrl(config, {
        redirect_uri: redirect,
        scope: oidc.scopes.join(" "),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      return { to, attempt };
    },
    async finish(answered, { state, nonce, verifier }) {
      const config = await configuration();
      const tokens = await client.authorizationCodeGrant(config, answered, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new Error("the provider sent no identity");
      if (config.serverMetadata().userinfo_endpoint === undefined) return claims;
      // Many providers tell groups and addresses here only. What the signed token says wins.
      const more = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
      return { ...more, ...claims };
    },
  };
}
