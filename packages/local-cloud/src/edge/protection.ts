import { createHash, timingSafeEqual } from "node:crypto";
import { CRON_PASS, isCronPass } from "../crons/cron-pass.js";
import type { Seal } from "../folder/seal.js";
import type { Project } from "../model.js";
import { requestUrl } from "../request-url.js";
import type { VisitedBy } from "./headers.js";
import type { HostTarget } from "./hosts.js";

const NAME = "x-vercel-protection-bypass";
const COOKIE = "_vercel_bypass";

/** May the visitor pass? The cookie of a redirect lets later requests pass without the secret. */
export type Passage =
  | { readonly kind: "open" }
  | { readonly kind: "closed" }
  | { readonly kind: "challenged" }
  | {
      readonly kind: "redirect";
      readonly status: number;
      readonly location: string;
      readonly cookie: string | null;
    };

const OPEN: Passage = { kind: "open" };

/**
 * Applies a project's deployment protection (`ssoProtection`, `passwordProtection`). Nobody can log in on the local
 * cloud, so a protected host opens only to an automation bypass secret: in the header or query
 * `x-vercel-protection-bypass`, or in the cookie that `x-vercel-set-bypass-cookie` asks for. The same secret passes the
 * challenge of attack mode, which nobody can solve here either.
 * @param now in milliseconds since the epoch
 */
export function passage(
  request: VisitedBy,
  project: Project | undefined,
  target: HostTarget,
  seal: Seal,
  now: number,
): Passage {
  if (!project) return OPEN;
  const refusal: Passage | undefined = isProtected(project, target)
    ? { kind: "closed" }
    : isUnderAttack(project, now)
      ? { kind: "challenged" }
      : undefined;
  if (!refusal) return OPEN;
  const pass = header(request, CRON_PASS);
  if (pass !== null && isCronPass(seal, pass, project.id, now)) return OPEN;
  const secrets = (project.bypass ?? []).map(({ sealedSecret }) => seal.reveal(sealedSecret));
  const url = requestUrl(request);
  const given = header(request, NAME) ?? url.searchParams.get(NAME);
  const secret = given === null ? undefined : secrets.find((one) => equal(one, given));
  if (secret !== undefined) {
    const wish =
      header(request, "x-vercel-set-bypass-cookie") ?? url.searchParams.get("x-vercel-set-bypass-cookie");
    if (wish !== "true" && wish !== "samesitenone") return OPEN;
    for (const name of [NAME, "x-vercel-set-bypass-cookie"]) url.searchParams.delete(name);
    const sameSite = wish === "samesitenone" ? "None; Secure" : "Lax";
    return {
      kind: "redirect",
      status: 307,
      // A browser would take `//name` for a host.
      location: url.pathname.replace(/^\/+/, "/") + url.search,
      cookie: `${COOKIE}=${fingerprint(secret)}; Path=/; HttpOnly; SameSite=${sameSite}`,
    };
  }
  const kept = cookieOf(request, COOKIE);
  return kept !== null && secrets.some((one) => equal(fingerprint(one), kept)) ? OPEN : refusal;
}

const isUnderAttack = ({ attackMode }: Project, now: number): boolean =>
  attackMode?.enabled === true && (attackMode.until === null || now < attackMode.until);

const PROTECTIONS = ["ssoProtection", "passwordProtection"];

/** Which hosts a setting covers: all, or previews and deployments' own hosts, or previews alone. */
function isProtected(project: Project, target: HostTarget): boolean {
  return PROTECTIONS.some((name) => {
    const setting = project.settings[name] as { deploymentType?: unknown } | null | undefined;
    switch (setting?.deploymentType) {
      case "all":
        return true;
      case "prod_deployment_urls_and_all_previews":
        return target.kind !== "production";
      case "all_except_custom_domains":
        return !project.domains.some((domain) => domain.name === target.host);
      case "preview":
        return target.kind !== "production" && project.productionDeploymentId !== target.deploymentId;
      default:
        return false;
    }
  });
}

function header(request: VisitedBy, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}

/** The value of a cookie; null when there is none. */
export function cookieOf(request: VisitedBy, name: string): string | null {
  for (const part of request.headers.cookie?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

function fingerprint(secret: string): string {
  return createHash("sha256").update(`bypass ${secret}`).digest("hex");
}

function equal(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
