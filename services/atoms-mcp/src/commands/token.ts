import { deriveLocalKey } from "../auth/keys.js";
import { LOCAL_USER, MAX_TTL, mintLocalToken } from "../auth/local-token.js";
import { ConfigError, readConfig, readPort } from "../config/index.js";
import { PACKAGE_VERSION } from "../package-version.js";

/**
 * Prints one access token of the local identity and a newline, nothing else.
 * @throws ConfigError when the server does not use the local identity, or an option is out of range
 */
export async function token(
  env: NodeJS.ProcessEnv,
  options: {
    user: string;
    ttl?: number | undefined;
    scope?: string | undefined;
    audience?: string | undefined;
  },
): Promise<void> {
  const config = readConfig(env, {
    host: "127.0.0.1",
    listenerUrl: `http://127.0.0.1:${readPort(env)}`,
    packageVersion: PACKAGE_VERSION,
  });
  if (config.auth.mode !== "local")
    throw new ConfigError(["ATOMS_AUTH_MODE is not local, so tokens come from AuthKit"]);
  if (!LOCAL_USER.test(options.user))
    throw new ConfigError(["--user takes lower-case letters, digits, dot, dash, underscore"]);
  const ttl = options.ttl ?? undefined;
  if (ttl !== undefined && !(ttl >= 1 && ttl <= MAX_TTL))
    throw new ConfigError([`--ttl is 1 to ${MAX_TTL} seconds`]);
  const audience = options.audience ?? config.resourceUrl;
  if (!URL.canParse(audience)) throw new ConfigError(["--audience is not a URL"]);
  // The issuer follows from the resource, as it does in the server that will check this token.
  const issuer = env["ATOMS_LOCAL_ISSUER"] ? config.auth.issuer : new URL(audience).origin;
  const minted = await mintLocalToken(deriveLocalKey(config.auth.localSecret), {
    user: options.user,
    issuer,
    audience,
    scope: options.scope,
    ttl,
    now: Date.now(),
  });
  process.stdout.write(`${minted}\n`);
}
