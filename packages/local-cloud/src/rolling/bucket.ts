import { hash } from "node:crypto";

/** What decides the arm of a visitor, taken from one request. */
export interface Visitor {
  readonly cookies: string | undefined;
  /** Null for none. */
  readonly query: URLSearchParams | null;
  readonly clientIp: string;
  readonly userAgent: string;
}

/** The arm, and the cookie that keeps the visitor on its side; null when the visitor already has it. */
export interface Drawn {
  readonly arm: "base" | "canary";
  readonly cookie: string | null;
}

const NAMES_MAX = 1_000;
const names = new Map<string, string>();

/** Name of the cookie for a project. */
export function bucketCookie(projectId: string): string {
  const known = names.get(projectId);
  if (known !== undefined) return known;
  const name = `_vcrr_${hash("sha256", projectId).slice(0, 16)}`;
  if (names.size >= NAMES_MAX) names.clear();
  names.set(projectId, name);
  return name;
}

/**
 * Puts a visitor on a side of a running release. The first request draws a bucket between 0 and 1 from the visitor's
 * address and browser, so that parallel first requests agree; a cookie keeps it for this canary. The canary gets those
 * whose bucket is not above `percentage`. Query parameters force a side for the rest of the run, also at 0 percent.
 */
export function drawArm(visitor: Visitor, projectId: string, canaryId: string, percentage: number): Drawn {
  const name = bucketCookie(projectId);
  if (visitor.query?.get("vcrrForceCanary") === "true") {
    return {
      arm: "canary",
      cookie: `${name}=${encodeURIComponent(`${canaryId}|0|forced`)}; Path=/; HttpOnly; SameSite=Lax`,
    };
  }
  if (visitor.query?.get("vcrrForceStable") === "true") {
    return {
      arm: "base",
      cookie: `${name}=${encodeURIComponent(`${canaryId}|1|forced`)}; Path=/; HttpOnly; SameSite=Lax`,
    };
  }
  const kept = keptBucket(visitor.cookies, name, canaryId);
  if (kept) return { arm: armOf(kept.bucket, kept.forced, percentage), cookie: null };
  const bucket = firstBucket(canaryId, visitor);
  return {
    arm: armOf(bucket, false, percentage),
    cookie: `${name}=${encodeURIComponent(`${canaryId}|${bucket}`)}; Path=/; HttpOnly; SameSite=Lax`,
  };
}

function armOf(bucket: number, forced: boolean, percentage: number): "base" | "canary" {
  if (forced) return bucket === 0 ? "canary" : "base";
  // At 0 percent nobody is sent by himself, not even a bucket of exactly 0.
  return percentage > 0 && bucket <= percentage / 100 ? "canary" : "base";
}

/** The bucket of the cookie, if it belongs to this run. Anything else a visitor may have put there is not believed. */
function keptBucket(
  cookies: string | undefined,
  name: string,
  canaryId: string,
): { bucket: number; forced: boolean } | null {
  for (const part of cookies?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() !== name) continue;
    const [run, text, forced, ...rest] = decoded(part.slice(at + 1).trim()).split("|");
    const bucket = Number(text);
    if (run !== canaryId || text === "" || !(bucket >= 0 && bucket <= 1) || rest.length > 0) return null;
    if (forced !== undefined && forced !== "forced") return null;
    return { bucket, forced: forced === "forced" };
  }
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function firstBucket(canaryId: string, visitor: Visitor): number {
  const digest = hash("sha256", `${canaryId}|${visitor.clientIp}|${visitor.userAgent}`);
  return Number.parseInt(digest.slice(0, 12), 16) / 2 ** 48;
}
