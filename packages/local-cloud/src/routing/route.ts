import type { IncomingHttpHeaders } from "node:http";

/** What a condition compares a value with: a text that is a regular expression over all of it, or one comparison. */
export type Matchable =
  | string
  | {
      readonly eq?: string | number;
      readonly neq?: string;
      readonly inc?: readonly string[];
      readonly ninc?: readonly string[];
      readonly pre?: string;
      readonly suf?: string;
      readonly re?: string;
      readonly gt?: number;
      readonly gte?: number;
      readonly lt?: number;
      readonly lte?: number;
    };

/** A condition on the host, a header, a cookie or a parameter of a request. */
export interface Condition {
  readonly type: "host" | "header" | "cookie" | "query";
  readonly key?: string;
  readonly value?: Matchable;
}

/** One route of the Build Output API, version 3 (source: its documentation, "Build Output Configuration"). */
export interface Route {
  readonly src?: string;
  readonly dest?: string;
  /** Begins a phase; what follows belongs to it. */
  readonly handle?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly methods?: readonly string[];
  readonly continue?: boolean;
  readonly check?: boolean;
  readonly caseSensitive?: boolean;
  readonly has?: readonly Condition[];
  readonly missing?: readonly Condition[];
  readonly mitigate?: { readonly action: string };
  /** Whom the request is shown to: the path of a function, which is a middleware. */
  readonly middlewarePath?: string;
}

const UNKNOWN = ["transforms", "locale", "middleware"];

/** Members of routes that have a meaning on Vercel and none here. */
export function unknownMembers(routes: readonly Route[]): string[] {
  const isChallenged = routes.some(({ mitigate }) => mitigate?.action === "challenge");
  return [
    ...UNKNOWN.filter((name) => routes.some((route) => name in route)),
    ...(isChallenged ? ["mitigate: challenge"] : []),
  ];
}

/** What of a request decides its way. */
export interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** A route that fits a request: what its pattern and conditions found, by number and by name. */
export type Found = ReadonlyMap<string, string>;

/** A route with its pattern read once. */
export interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

/**
 * The routes of each phase; those before any `handle` are in phase `start`.
 * @throws SyntaxError when a pattern, of a path or of a condition, is none
 */
export function compileRoutes(routes: readonly Route[]): Map<string, CompiledRoute[]> {
  const phases = new Map<string, CompiledRoute[]>();
  let phase = "start";
  for (const route of routes) {
    if (route.handle !== undefined) phase = route.handle;
    if (route.src === undefined) continue;
    for (const { value } of [...(route.has ?? []), ...(route.missing ?? [])]) {
      const text = typeof value === "string" ? value : value?.re;
      if (text !== undefined) wholly(text);
    }
    const compiled = { route, pattern: patternOf(route.src, route.caseSensitive === true) };
    phases.set(phase, [...(phases.get(phase) ?? []), compiled]);
  }
  return phases;
}

/** A pattern is over the whole path, and letters are alike whether large or small unless the route says otherwise. */
function patternOf(src: string, caseSensitive: boolean): RegExp {
  const from = src.startsWith("^") ? src : `^${src}`;
  return new RegExp(from.endsWith("$") ? from : `${from}$`, caseSensitive ? "" : "i");
}

/** Does the route fit? @returns what was found on the way, or null */
export function matchRoute({ route, pattern }: CompiledRoute, asked: Asked): Found | null {
  if (route.methods && !route.methods.includes(asked.method)) return null;
  const match = pattern.exec(asked.path);
  if (!match) return null;
  const found = new Map<string, string>();
  addGroups(found, match);
  for (const condition of route.has ?? []) if (!isMet(condition, asked, found)) return null;
  for (const condition of route.missing ?? []) if (isMet(condition, asked, new Map())) return null;
  return found;
}

/** Puts what was found into a text with `$1` and `$name` in it. What was not found is empty. */
export function filled(text: string, found: Found): string {
  return text.replace(/\$(\d+|[a-zA-Z]\w*)/g, (_, key: string) => found.get(key) ?? "");
}

function addGroups(found: Map<string, string>, match: RegExpExecArray): void {
  for (let n = 1; n < match.length; n++) found.set(String(n), match[n] ?? "");
  for (const [name, value] of Object.entries(match.groups ?? {})) found.set(name, value ?? "");
}

function isMet({ type, key = "", value }: Condition, asked: Asked, found: Map<string, string>): boolean {
  const values = valuesOf(type, key, asked);
  const seen = new Map<string, string>();
  const isMet = value === undefined ? values.length > 0 : values.some((one) => fits(one, value, seen));
  if (value === undefined && /^[a-zA-Z]\w*$/.test(key)) seen.set(key, values[0] ?? "");
  // They go into paths and headers, where a visitor's own signs must not mean anything.
  if (isMet) for (const [name, text] of seen) found.set(name, encodeURIComponent(text));
  return isMet;
}

function valuesOf(type: Condition["type"], key: string, asked: Asked): string[] {
  switch (type) {
    case "host":
      return [asked.host];
    case "query":
      return asked.query.getAll(key);
    case "header":
      return [asked.headers[key.toLowerCase()] ?? []].flat();
    case "cookie":
      return (asked.headers.cookie?.split(";") ?? []).flatMap((part) => {
        const at = part.indexOf("=");
        return part.slice(0, at).trim() === key ? [part.slice(at + 1).trim()] : [];
      });
  }
}

function fits(one: string, wanted: Matchable, found: Map<string, string>): boolean {
  if (typeof wanted === "string") return fitsPattern(one, wanted, found);
  const { eq, neq, inc, ninc, pre, suf, re, gt, gte, lt, lte } = wanted;
  return (
    (eq === undefined || one === String(eq)) &&
    (neq === undefined || one !== neq) &&
    (inc === undefined || inc.includes(one)) &&
    (ninc === undefined || !ninc.includes(one)) &&
    (pre === undefined || one.startsWith(pre)) &&
    (suf === undefined || one.endsWith(suf)) &&
    (re === undefined || fitsPattern(one, re, found)) &&
    (gt === undefined || Number(one) > gt) &&
    (gte === undefined || Number(one) >= gte) &&
    (lt === undefined || Number(one) < lt) &&
    (lte === undefined || Number(one) <= lte)
  );
}

const wholly = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

function fitsPattern(one: string, pattern: string, found: Map<string, string>): boolean {
  const match = wholly(pattern).exec(one);
  if (!match) return false;
  for (const [name, value] of Object.entries(match.groups ?? {})) found.set(name, value ?? "");
  return true;
}
