import { type Asked, type CompiledRoute, type Found, filled, matchRoute, type Route } from "./route.js";

/** Where a request stands between the routes. */
export interface Way {
  /** What is looked for now: the request's own path, or where a route has led it. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** For the answer, with small names. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the answer, when a route gave one. */
  readonly status?: number;
}

/** How far the routes of a phase led. */
export type Step =
  /** No route was the last. */
  | { readonly kind: "on"; readonly way: Way }
  /** A route was the last, and leads to this path. */
  | { readonly kind: "led"; readonly way: Way }
  /** The route is the answer itself. */
  | { readonly kind: "answered"; readonly status: number; readonly headers: Way["headers"] }
  /** Another server is to answer. */
  | { readonly kind: "outside"; readonly url: URL; readonly headers: Way["headers"] };

/**
 * Follows the routes of one phase in their order (source: documentation of the Build Output API, and how Vercel's own
 * development server reads it).
 * @param exists tells whether there is a file or function at a path; asked for routes that `check`
 */
export async function walk(
  routes: readonly CompiledRoute[],
  from: Way,
  asked: Asked,
  exists: (path: string) => Promise<boolean>,
): Promise<Step> {
  let way = from;
  for (const compiled of routes) {
    const { route } = compiled;
    const found = matchRoute(compiled, { ...asked, path: way.path, query: way.query });
    if (!found) continue;
    way = { ...way, headers: { ...way.headers, ...headersOf(route, found, way.query) } };
    if (route.mitigate?.action === "deny") return { kind: "answered", status: 403, headers: way.headers };
    if (route.dest !== undefined) {
      const to = filled(route.dest, found);
      if (/^https?:\/\//i.test(to) && URL.canParse(to))
        return { kind: "outside", url: withQuery(new URL(to), way.query), headers: way.headers };
      way = moved(way, to);
    }
    if (route.status !== undefined) way = { ...way, status: route.status };
    if (route.continue) continue;
    if (route.status !== undefined && (route.dest === undefined || isRedirect(route.status)))
      return { kind: "answered", status: route.status, headers: way.headers };
    if (route.check && !(await exists(way.path))) continue;
    return { kind: "led", way };
  }
  // A redirect may be said with `continue`, to be taken back by a later route.
  if (way.status !== undefined && isRedirect(way.status) && "location" in way.headers)
    return { kind: "answered", status: way.status, headers: way.headers };
  return { kind: "on", way };
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400;

function headersOf(route: Route, found: Found, query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [given, text] of Object.entries(route.headers ?? {})) {
    const name = given.toLowerCase();
    const value = filled(text, found);
    headers[name] = name === "location" ? locationOf(text, value, query) : value;
  }
  return headers;
}

/** A redirect takes the visitor's parameters along. One within the site stays there, however many slashes were asked for. */
function locationOf(template: string, value: string, query: URLSearchParams): string {
  const within = template.startsWith("/") && !template.startsWith("//");
  const to = within ? value.replace(/^\/{2,}/, "/") : value;
  if (query.size === 0) return to;
  if (!within) return URL.canParse(to) ? withQuery(new URL(to), query).href : to;
  const { pathname, search, hash } = withQuery(new URL(`http://local${to}`), query);
  return pathname + search + hash;
}

/** The parameters of a destination win over those of the request. */
function withQuery(to: URL, query: URLSearchParams): URL {
  const own = new Set(to.searchParams.keys());
  for (const [name, value] of query) if (!own.has(name)) to.searchParams.append(name, value);
  return to;
}

function moved(way: Way, to: string): Way {
  const url = new URL(`http://local${to.startsWith("/") ? to : `/${to}`}`);
  return {
    ...way,
    path: url.pathname,
    query: url.search === "" ? way.query : withQuery(url, way.query).searchParams,
  };
}
