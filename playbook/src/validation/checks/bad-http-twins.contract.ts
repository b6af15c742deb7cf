import { deployment, json, page } from "../twins.contract.js";
import { at, type BadTwin, smoke } from "./bad-twin.contract.js";

const stamp = (headers: Record<string, string>, body: Record<string, unknown> = {}) =>
  at("/health", json(200, { status: "healthy", ...body }, headers));

const signIn = '<!doctype html><title>Log in</title><form><input name="p" type="password"></form>';

export const badHttpTwins: BadTwin[] = [
  {
    check: "login-wall",
    twin: "a login page with 200",
    differs: () => page(200, signIn),
    saw: /password field/,
  },
  {
    check: "login-wall",
    twin: "the platform's page with 401",
    differs: () =>
      page(401, '<html><title>Authentication Required</title><a href="https://vercel.com/sso-api?url=x">'),
    saw: /platform's sign-in page/,
  },
  {
    check: "login-wall",
    twin: "a redirect to the platform's sign-in",
    differs: () => ({
      status: 307,
      headers: { location: "https://vercel.com/sso-api?url=https%3A%2F%2Fshop" },
    }),
    saw: /redirects to the platform's sign-in/,
  },
  {
    check: "login-wall",
    twin: "the platform's cookie",
    differs: () => json(401, {}, { "set-cookie": "_vercel_sso_nonce=abc; Path=/" }),
    saw: /sign-in cookie/,
  },
  {
    check: "login-wall",
    twin: "the firewall's challenge",
    differs: () => page(403, "<html>wait", { "x-vercel-mitigated": "challenge" }),
    saw: /firewall/,
  },
  { check: "login-wall", twin: "nothing", differs: () => "cut", saw: /did not answer/ },

  {
    check: "serves-itself",
    twin: "another deployment",
    differs: stamp({ "x-atoms-deployment": "dpl_old" }),
    saw: /dpl_old, not dpl_candidate/,
  },
  {
    check: "serves-itself",
    twin: "another deployment behind the right header",
    differs: stamp({ "x-atoms-cloud-deployment": deployment }, { deployment_id: "dpl_old" }),
    saw: /dpl_old/,
  },
  {
    check: "serves-itself",
    twin: "another version",
    differs: stamp({ "x-atoms-version": "v1" }),
    saw: /version v1, not v2026/,
  },
  {
    check: "serves-itself",
    twin: "another version in the body",
    differs: stamp({}, { version: "v20250101.000000" }),
    saw: /v20250101/,
  },
  {
    check: "serves-itself",
    twin: "a nameless service",
    differs: stamp({}, { version: "1.2.0" }),
    outcome: "warn",
    saw: /does not name itself/,
  },
  {
    check: "serves-itself",
    twin: "a nameless service, names required",
    differs: stamp({}),
    saw: /does not name itself/,
    plan: smoke("serves_itself", { required: true }),
  },

  {
    check: "health",
    twin: "503",
    differs: at("/health", json(503, { status: "unhealthy" })),
    saw: /503.*"unhealthy"/,
  },
  { check: "health", twin: "500 without a body", differs: at("/health", { status: 500 }), saw: /500/ },
  {
    check: "health",
    twin: "200, degraded",
    differs: at("/health", json(200, { status: "degraded" })),
    saw: /says "degraded"/,
  },
  {
    check: "health",
    twin: "200, maintenance",
    differs: at("/health", json(200, { status: "maintenance" })),
    saw: /"maintenance"/,
  },
  {
    check: "health",
    twin: "200, a page",
    differs: at("/health", page(200, "<html>welcome")),
    saw: /holds no "status"/,
  },
  {
    check: "health",
    twin: "200, a number",
    differs: at("/health", json(200, { status: 1 })),
    saw: /says "1"/,
  },
  { check: "health", twin: "204", differs: at("/health", { status: 204 }), saw: /204/ },
  {
    check: "health",
    twin: "404, status alone",
    differs: at("/health", { status: 404 }),
    saw: /404/,
    plan: smoke("health", { words: [] }),
  },
  { check: "health", twin: "no answer", differs: at("/health", "hang"), saw: /time-out/ },

  { check: "auth-login", twin: "500", differs: at("/auth/login", { status: 500 }), saw: /500/ },
  { check: "auth-login", twin: "no such route", differs: at("/auth/login", { status: 404 }), saw: /404/ },
  {
    check: "auth-login",
    twin: "a redirect to nowhere",
    differs: at("/auth/login", { status: 302 }),
    saw: /no Location/,
  },
  {
    check: "auth-login",
    twin: "a redirect to the platform's sign-in",
    differs: at("/auth/login", { status: 302, headers: { location: "https://vercel.com/sso-api?url=x" } }),
    saw: /platform's sign-in/,
  },

  {
    check: "auth-required",
    twin: "an open door",
    differs: at("/api/mcp/tools", json(200, { tools: [] })),
    saw: /200 .*401 was expected/,
  },
  {
    check: "auth-required",
    twin: "500 before the guard",
    differs: at("/api/mcp/tools", { status: 500 }),
    saw: /500/,
  },
  {
    check: "auth-required",
    twin: "somebody else's 401",
    differs: at("/api/mcp/tools", page(401, signIn)),
    saw: /not the service's/,
  },

  {
    check: "cors",
    twin: "404",
    differs: (asked) => (asked.method === "OPTIONS" ? { status: 404 } : undefined),
    saw: /404/,
  },
  {
    check: "cors",
    twin: "a header missing",
    differs: (asked) =>
      asked.method === "OPTIONS"
        ? {
            status: 204,
            headers: { "access-control-allow-origin": "*", "access-control-allow-methods": "GET" },
          }
        : undefined,
    saw: /without access-control-allow-headers/,
  },

  {
    check: "rate-limit",
    twin: "no limit",
    differs: at("/health", json(200, {})),
    outcome: "warn",
    saw: /None of 100 .*100 × 200/,
  },
];
