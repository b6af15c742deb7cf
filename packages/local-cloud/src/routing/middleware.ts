import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import onHeaders from "on-headers";
import { decodedPath, visitedOrigin } from "../request-url.js";
import {
  type Asked,
  type CompiledRoute,
  type Condition,
  compileRoutes,
  matchRoute,
  type Route,
} from "./route.js";

/** What a middleware made of a request. */
export type Verdict =
  /** It goes on, with these headers for its answer. */
  | { readonly kind: "on"; readonly headers: Readonly<Record<string, string>> }
  /** It goes on, to another path of the deployment or to another server. */
  | { readonly kind: "led"; readonly to: URL; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "answered" };

/** The deployment's own code that sees requests before anything else does. */
export type Middleware = (
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
) => Promise<Verdict>;

type Matcher =
  | string
  | { source: string; has?: Condition[]; missing?: Condition[] }
  | (string | { source: string; has?: Condition[]; missing?: Condition[] })[];

type Handler = (
  request: Request,
  context: { waitUntil(work: Promise<unknown>): void },
) => Promise<Response | undefined> | Response | undefined;

const NEXT = "x-middleware-next";
const REWRITE = "x-middleware-rewrite";
const OVERRIDDEN = "x-middleware-override-headers";
const FOR_REQUEST = "x-middleware-request-";

/** Headers that say where a message ends; a middleware that leaves them out cannot mean it. */
const FRAMING = ["host", "connection", "content-length", "transfer-encoding"];

/**
 * A `middleware` file, whose default export (or `middleware`) is called with a web request for the paths of its
 * `config.matcher`, all without one. What it answers is read as Vercel does: the marks that `next()` and `rewrite()` of
 * `@vercel/functions` leave, else an answer of its own. It does not see the body. What it throws is a 500.
 * @param file full path; loaded at the first request
 * @param routes the requests that it sees, when something else than its own `config` says so
 */
export function middlewareOf(file: string, routes?: readonly Route[]): Middleware {
  let loading: Promise<Loaded> | undefined;
  return async (request, response, asked) => {
    try {
      loading ??= load(file, routes);
      const { handler, matchers } = await loading;
      const isAsked = [...writtenAs(request, asked)].some((path) =>
        matchers.some((matcher) => matchRoute(matcher, { ...asked, path }) !== null),
      );
      if (!isAsked) return { kind: "on", headers: {} };
      const answer = await handler(asWebRequest(request, asked), { waitUntil });
      return answer === undefined ? { kind: "on", headers: {} } : await judge(answer, request, response);
    } catch (error) {
      console.error(error);
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(500, { "x-vercel-error": "MIDDLEWARE_INVOCATION_FAILED" })
          .end("MIDDLEWARE_INVOCATION_FAILED\n");
      return { kind: "answered" };
    }
  };
}

/** One after the other, until one leads elsewhere or answers. Null when there is none. */
export function inTurn(all: readonly Middleware[]): Middleware | null {
  if (all.length < 2) return all[0] ?? null;
  return async (request, response, asked) => {
    let headers: Readonly<Record<string, string>> = {};
    for (const one of all) {
      const verdict = await one(request, response, asked);
      if (verdict.kind === "answered") return verdict;
      headers = { ...headers, ...verdict.headers };
      if (verdict.kind === "led") return { ...verdict, headers };
    }
    return { kind: "on", headers };
  };
}

/**
 * All that those behind the middleware may take the path for. It often guards them, and must not be passed by writing
 * `/%61dmin`, `//admin` or `/admin/../shop`.
 */
function writtenAs({ url = "/" }: IncomingMessage, { path }: Asked): Set<string> {
  const raw = url.split("?", 1)[0] ?? "/";
  const all = [path, raw, decodedPath(path) ?? path, decodedPath(raw) ?? raw];
  return new Set(all.flatMap((one) => [one, one.replace(/[/\\]+/g, "/")]));
}

interface Loaded {
  readonly handler: Handler;
  readonly matchers: readonly CompiledRoute[];
}

async function load(file: string, routes: readonly Route[] | undefined): Promise<Loaded> {
  const module = (await import(pathToFileURL(file).href)) as {
    default?: Handler;
    middleware?: Handler;
    config?: { matcher?: Matcher };
  };
  const handler = module.default ?? module.middleware;
  if (typeof handler !== "function")
    throw new Error("The middleware exports no function, neither by default nor as `middleware`.");
  const seen = routes ?? (await matchersOf(module.config?.matcher));
  return { handler, matchers: compileRoutes(seen).get("start") ?? [] };
}

async function judge(answer: Response, request: IncomingMessage, response: ServerResponse): Promise<Verdict> {
  const { headers } = answer;
  const rewrite = headers.get(REWRITE);
  if (headers.get(NEXT) !== "1" && rewrite === null) {
    await send(answer, response);
    return { kind: "answered" };
  }
  const origin = visitedOrigin(request);
  overrideRequest(request, headers);
  addCookies(response, headers.getSetCookie());
  const own = Object.fromEntries(
    [...headers].filter(([name]) => !name.startsWith("x-middleware-") && name !== "set-cookie"),
  );
  return rewrite === null
    ? { kind: "on", headers: own }
    : { kind: "led", to: new URL(rewrite, origin), headers: own };
}

async function matchersOf(matcher: Matcher | undefined): Promise<Route[]> {
  if (matcher === undefined) return [{ src: "/.*" }];
  const { sourceToRegex } = await import("@vercel/routing-utils");
  return [matcher].flat().map((one) => {
    const { source, ...conditions } = typeof one === "string" ? { source: one } : one;
    return { src: sourceToRegex(source).src, ...conditions };
  });
}

function asWebRequest(request: IncomingMessage, asked: Asked): Request {
  const headers = new Headers();
  for (let n = 0; n < request.rawHeaders.length; n += 2)
    headers.append(request.rawHeaders[n] ?? "", request.rawHeaders[n + 1] ?? "");
  const search = asked.query.size === 0 ? "" : `?${asked.query}`;
  return new Request(`${visitedOrigin(request)}${asked.path}${search}`, { method: asked.method, headers });
}

function waitUntil(work: Promise<unknown>): void {
  Promise.resolve(work).catch((error: unknown) => console.error(error));
}

/** Gives the request the headers that the middleware has for it; those that it left out are gone. */
function overrideRequest(request: IncomingMessage, headers: Headers): void {
  const names = headers.get(OVERRIDDEN);
  if (names === null) return;
  const kept = new Map<string, string>();
  for (const name of FRAMING) {
    const value = request.headers[name];
    if (typeof value === "string") kept.set(name, value);
  }
  for (const name of names.split(",").map((one) => one.trim().toLowerCase())) {
    const value = headers.get(FOR_REQUEST + name);
    if (name !== "" && value !== null && !FRAMING.includes(name)) kept.set(name, value);
  }
  for (const name of Object.keys(request.headers)) delete request.headers[name];
  Object.assign(request.headers, Object.fromEntries(kept));
  request.rawHeaders = [...kept].flat();
}

/** Beside those of whoever answers. */
function addCookies(response: ServerResponse, cookies: string[]): void {
  if (cookies.length === 0) return;
  onHeaders(response, () => {
    const own = response.getHeader("set-cookie");
    response.setHeader("set-cookie", [...cookies, ...(own === undefined ? [] : [own].flat().map(String))]);
  });
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  for (const [name, value] of answer.headers)
    if (name !== "set-cookie" && !name.startsWith("x-middleware-")) response.setHeader(name, value);
  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) response.setHeader("set-cookie", cookies);
  response.writeHead(answer.status);
  if (answer.body === null) {
    response.end();
    return;
  }
  // Who breaks off, of the two, ends it for the other.
  await pipeline(Readable.fromWeb(answer.body as never), response).catch(() => response.destroy());
}
