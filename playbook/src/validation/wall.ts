import type { HttpResult } from "../terms/index.js";

/**
 * Says by what an answer shows that the platform's protection answered, and not the service; undefined when nothing
 * shows it. A wall is often a 200 or a 401 and so looks fine to a check that reads the status alone.
 */
export function wallIn(result: HttpResult): string | undefined {
  if (!result.answered) return undefined;
  const { headers, body, status } = result;
  const location = headers["location"] ?? "";
  const cookies = headers["set-cookie"] ?? "";
  if (/^https:\/\/(?:[a-z0-9-]+\.)*vercel\.com\/(?:sso-api|login|sso)\b/i.test(location)) {
    return "it redirects to the platform's sign-in";
  }
  if (/\b_vercel_(?:sso_nonce|password|share|jwt)=/.test(cookies))
    return "it sets the platform's sign-in cookie";
  if (headers["x-vercel-mitigated"] !== undefined) {
    return `the platform's firewall answered (x-vercel-mitigated: ${headers["x-vercel-mitigated"]})`;
  }
  if (!isPage(headers["content-type"], body)) return undefined;
  if (/vercel\.com\/(?:sso-api|login)|_vercel_sso_nonce|_vercel_password|Vercel Authentication/i.test(body)) {
    return "it is the platform's sign-in page";
  }
  // What names itself is the service, whatever its pages look like; the edge does not set this header.
  if (headers["x-atoms-deployment"] !== undefined) return undefined;
  if (status === 200 || status === 401 || status === 403) {
    if (/<input[^>]+type\s*=\s*["']?password/i.test(body))
      return `it is a page with a password field (${status})`;
    const title = /<title[^>]*>([^<]{0,200})/i.exec(body)?.[1]?.trim() ?? "";
    if (/\b(?:log[ -]?in|sign[ -]?in|authentication required|security checkpoint)\b/i.test(title)) {
      return `it is a page with the title "${title}" (${status})`;
    }
  }
  return undefined;
}

function isPage(type: string | undefined, body: string): boolean {
  return (type ?? "").includes("html") || /^\s*<(?:!doctype html|html)\b/i.test(body);
}

export const wallFix =
  "The platform's deployment protection answers instead of the service. Create a protection bypass for automation in the project's settings and set `platforms.vercel.bypass_secret` to it, or switch the protection off; if the page is the service's own, set `validation.smoke.login_wall: false`.";
