import { CandidateHealth, type Get } from "./candidate.js";
import { type Arm, type Choice, choose, type Self } from "./decide.js";
import {
  type Answer,
  askedFor,
  askHeader,
  connectionVariable,
  cookieName,
  forceParameter,
  forwardedBy,
} from "./names.js";
import { sourceIn, WeightsReader } from "./reading.js";
import { shareAt, type Weights } from "./weights.js";

/** How the helper is set up; everything is found in the environment of a deployment when left out. */
export type SplitOptions = {
  /** Where the weights are; `ATOMS_SPLIT`, which Atoms sets, when left out. */
  connection?: string;
  /** Id of the deployment in which the helper runs; `VERCEL_DEPLOYMENT_ID` when left out. */
  deployment?: string;
  /** The deployment's own host; `VERCEL_URL` when left out. */
  ownHost?: string;
  /** Secret of the platform's Protection Bypass for Automation; `VERCEL_AUTOMATION_BYPASS_SECRET` when left out. */
  bypassSecret?: string;
  /**
   * Tells clients apart that keep no cookies, by a header of the request.
   * @returns undefined when this request says nothing of its client; then the usual key is taken.
   */
  key?: (header: (name: string) => string | undefined) => string | undefined;
  /** How the weights are read; the global `fetch` when left out. */
  fetch?: typeof globalThis.fetch;
  /** A clock in milliseconds since the epoch. */
  now?: () => number;
  /** A number from 0 up to 1. */
  random?: () => number;
  /** The environment; that of the process when left out. */
  env?: Readonly<Record<string, string | undefined>>;
};

/** A request as the helper sees it. */
export type Asked = {
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
  /** Path and query, e.g. `/notes?page=2`. */
  url: string;
};

/** What becomes of a request. */
export type Route =
  | { by: "helper"; answer: Answer }
  | { by: "self"; because: string; setCookie?: string }
  | { by: "candidate"; candidate: Weights["candidate"]; setCookie?: string };

/** The helper, whatever server it stands in. */
export type Split = {
  /** The deployment in which it runs; undefined outside of one, where it does nothing. */
  readonly deployment: string | undefined;
  /** What every request to a candidate must carry. */
  readonly passHeaders: Record<string, string>;
  route(asked: Asked): Promise<Route>;
  /** Told that the candidate did not answer as itself. */
  lost(candidate: string): void;
};

/** A year would outlive every shift; a cookie of another shift means nothing. */
const cookieSeconds = 24 * 3_600;

/**
 * Makes the helper. It reads nothing before the first request, and never throws at one.
 * @param get How candidates are asked whether they are there.
 */
export function createSplit(options: SplitOptions, get: Get): Split {
  const env = options.env ?? process.env;
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const fetch = options.fetch ?? globalThis.fetch;
  const self: Self = {
    deployment: options.deployment ?? env["VERCEL_DEPLOYMENT_ID"],
    ownHost: bare(options.ownHost ?? env["VERCEL_URL"]),
  };
  const secret = options.bypassSecret ?? env["VERCEL_AUTOMATION_BYPASS_SECRET"];
  const passHeaders: Record<string, string> =
    secret === undefined || secret === "" ? {} : { "x-vercel-protection-bypass": secret };
  const source = sourceIn(options.connection ?? env[connectionVariable]);
  const reader = new WeightsReader(source, fetch, now);
  const health = new CandidateHealth(get, passHeaders, now);

  const answer = async (deployment: string): Promise<Answer> => {
    const { weights, readable } = await reader.current();
    return {
      atomsSplit: 1,
      deployment,
      config: source?.config ?? null,
      item: source?.item ?? null,
      readable,
      weights:
        weights === undefined
          ? null
          : { release: weights.release, epoch: weights.epoch, share: shareAt(weights, now()) },
    };
  };

  const withCookie = ({ cookie }: Choice) =>
    cookie === undefined
      ? {}
      : { setCookie: `${cookieName}=${cookie}; Path=/; Max-Age=${cookieSeconds}; HttpOnly; SameSite=Lax` };

  return {
    deployment: self.deployment,
    passHeaders,
    lost: (candidate) => health.lost(candidate),
    async route({ header, url }) {
      if (self.deployment === undefined) return { by: "self", because: "this is no deployment" };
      if (header(askHeader) !== undefined) return { by: "helper", answer: await answer(self.deployment) };
      const forwarded = header(forwardedBy) !== undefined;
      // What was forwarded stays here, whatever the weights say.
      const weights = forwarded ? undefined : (await reader.current()).weights;
      const visit = {
        host: bare(header("host")),
        cookie: cookieIn(header("cookie")),
        forced: forcedIn(url),
        key: options.key?.(header) ?? usualKey(header),
        forwarded,
      };
      const chosen = choose(weights, visit, self, now(), random);
      if (chosen.by === "self" || weights === undefined) {
        return { by: "self", because: chosen.because, ...withCookie(chosen) };
      }
      if (!(await health.reachable(weights.candidate))) {
        return { by: "self", because: "the candidate can not be reached" };
      }
      return { by: "candidate", candidate: weights.candidate, ...withCookie(chosen) };
    },
  };
}

/**
 * Who a client is, as far as a request tells: by what it signs in with, else by its address and program. MCP clients keep no
 * cookies and share addresses, but each has a token of its own.
 */
function usualKey(header: Asked["header"]): string | undefined {
  const signed = header("authorization");
  if (signed !== undefined) return signed;
  const address = header(askedFor) ?? header("x-forwarded-for")?.split(",")[0]?.trim();
  return address === undefined || address === "" ? undefined : `${address} ${header("user-agent") ?? ""}`;
}

function cookieIn(header: string | undefined): string | undefined {
  for (const part of header?.split(";") ?? []) {
    const [name, ...value] = part.trim().split("=");
    if (name === cookieName) return value.join("=");
  }
  return undefined;
}

function forcedIn(url: string): Arm | undefined {
  const at = url.indexOf("?");
  const asked = at < 0 ? null : new URLSearchParams(url.slice(at)).get(forceParameter);
  return asked === "canary" || asked === "stable" ? asked : undefined;
}

/** A host without its port, in lower case. */
function bare(host: string | undefined): string | undefined {
  return host?.toLowerCase().replace(/:\d+$/, "");
}
