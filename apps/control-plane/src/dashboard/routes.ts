import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { linkPage } from "../signed-links/index.js";
import { type DashboardFile, type DashboardFiles, readDashboard } from "./files.js";

/**
 * Nothing from elsewhere, nothing written into the page, no frame around it, and no text that becomes script: a name that
 * holds HTML stays a name even if the dashboard had a mistake.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

/** An asset's name has its digest in it; only the icon's has not. */
const hashed = /-[A-Z0-9]{8}\./;

/**
 * The dashboard: its page at `/`, and under `/assets/` what the page loads. Both are for everybody, since they hold nothing:
 * what they show is asked of the API, which lets nobody in without a session.
 * @param read Gives the built files; undefined when there are none.
 */
export function dashboardRoutes(read: () => Promise<DashboardFiles | undefined> = readDashboard): Hono {
  let known: Promise<DashboardFiles | undefined> | undefined;
  const files = async () => {
    known ??= read();
    const found = await known;
    // One that is built later is found without a restart.
    if (found === undefined) known = undefined;
    return found;
  };
  const app = new Hono();
  app.get("/", async (c) => {
    const found = await files();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (found === undefined) return notBuilt(c);
    const tag = `"${createHash("sha256").update(found.page.bytes).digest("base64url").slice(0, 20)}"`;
    c.header("cache-control", "no-cache");
    c.header("etag", tag);
    if (c.req.header("if-none-match") === tag) return c.body(null, 304);
    return send(c, found.page);
  });
  app.get("/assets/:name", async (c) => {
    const name = c.req.param("name");
    const file = (await files())?.assets.get(name);
    if (file === undefined) return c.notFound();
    c.header("x-content-type-options", "nosniff");
    c.header("cross-origin-resource-policy", "same-origin");
    c.header("cache-control", hashed.test(name) ? "public, max-age=31536000, immutable" : "max-age=3600");
    return send(c, file);
  });
  return app;
}

function send(c: Context, file: DashboardFile): Response {
  c.header("content-type", file.type);
  c.header("vary", "accept-encoding");
  if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(file.bytes);
  c.header("content-encoding", "gzip");
  return c.body(file.packed);
}

/** What is served where only the programs were built: everything else works all the same. */
function notBuilt(c: Context): Response | Promise<Response> {
  c.header("cache-control", "no-store");
  c.header(
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  c.status(503);
  return c.html(
    linkPage(
      "The dashboard was not built",
      html`<h1>The dashboard was not built</h1>
<p>The control plane runs, and its API and every command answer. Only the pages are missing.</p>
<p>In the folder of Atoms type <code>npm run build</code>, then load this page again.</p>`,
    ),
  );
}
