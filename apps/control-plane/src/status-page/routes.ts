import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { PublicStatus } from "@atoms/playbook";
import { type Context, Hono } from "hono";
import type { ControlPlane, PlaybookRef } from "../control-plane.js";
import { type Copy, type CopyTimes, keepCopy } from "./copy.js";
import { statusData } from "./data.js";
import { readPublicStatus } from "./facts.js";
import { statusFeed } from "./feed.js";
import { notYetPage, statusPage } from "./page.js";
import { style } from "./style.js";

const pack = promisify(gzip);
const styleHash = createHash("sha256").update(style).digest("base64");
const times: CopyTimes = { freshMs: 15_000, patienceMs: 1_000, firstPatienceMs: 8_000, giveUpMs: 30_000 };
/** A copy of this age is said to be late. */
const lateMs = 120_000;
const kept = "public, max-age=15, stale-while-revalidate=60, stale-if-error=86400";

const headers = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
};

const forms = ["html", "json", "atom"] as const;
type Form = (typeof forms)[number];
const types: Readonly<Record<Form, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
  atom: "application/atom+xml; charset=utf-8",
};
/** A form of the page, ready to be sent. */
type Sheet = { tag: string; bytes: Uint8Array<ArrayBuffer>; packed: Uint8Array<ArrayBuffer> };
type Bound = {
  copy: Copy<PublicStatus | undefined>;
  late: boolean;
  sheets: Partial<Record<Form, Promise<Sheet>>>;
};

/**
 * The public status page of the playbook: `/status`, `/status.json` and `/status.atom`, for everybody. Made at most every 15 s
 * however many ask, and given from the last good copy while the store or the playbook cannot be read.
 * @param read Gives what everybody may know; undefined when there is no status page.
 */
export function statusRoutes(
  plane: Pick<ControlPlane, "clock" | "env" | "reportBug">,
  read: () => Promise<PublicStatus | undefined>,
): Hono {
  const app = new Hono();
  const copyNow = keepCopy(plane.clock, times, read, (error) =>
    plane.reportBug("bringing the status page up to date", error),
  );
  // Loopback is no address for everybody: without a public one links stay relative.
  const base = plane.env["ATOMS_PUBLIC_URL"]?.replace(/\/+$/, "");
  let bound: Bound | undefined;

  const answer = async (c: Context, form: Form) => {
    const copy = await copyNow();
    if (copy !== undefined && copy.value === undefined) return c.notFound();
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
    if (copy?.value === undefined) {
      c.header("cache-control", "no-store");
      c.header("retry-after", "30");
      c.status(503);
      return form === "html"
        ? c.html(notYetPage())
        : c.text("The status is not known yet. Ask again in a minute.\n");
    }
    const late = plane.clock.now() - copy.at > lateMs;
    if (bound?.copy !== copy || bound.late !== late) bound = { copy, late, sheets: {} };
    const status = copy.value;
    bound.sheets[form] ??= sheetOf(textOf(form, status, late, base));
    const { tag, bytes, packed } = await bound.sheets[form];
    c.header("cache-control", kept);
    c.header("etag", tag);
    c.header("vary", "accept-encoding");
    // It is for everybody, also for the pages of others.
    if (form !== "html") c.header("access-control-allow-origin", "*");
    if (
      c.req
        .header("if-none-match")
        ?.split(/\s*,\s*/)
        .includes(tag)
    )
      return c.body(null, 304);
    c.header("content-type", types[form]);
    if (!/\bgzip\b/.test(c.req.header("accept-encoding") ?? "")) return c.body(bytes);
    c.header("content-encoding", "gzip");
    return c.body(packed);
  };

  app.get("/status", (c) => answer(c, "html"));
  app.get("/status.json", (c) => answer(c, "json"));
  app.get("/status.atom", (c) => answer(c, "atom"));
  return app;
}

/** The status page of a control plane. @param own The playbook that it serves. */
export const statusPageRoutes = (plane: ControlPlane, own: PlaybookRef): Hono =>
  statusRoutes(plane, () => readPublicStatus(plane, own));

async function textOf(
  form: Form,
  status: PublicStatus,
  late: boolean,
  base: string | undefined,
): Promise<string> {
  // Told to the minute: a copy of which nothing else is new then stays the same for caches.
  const rounded = { ...status, at: Math.floor(status.at / 60_000) * 60_000 };
  if (form === "html") return String(await statusPage(rounded, late));
  if (form === "json") return `${JSON.stringify(statusData(rounded, late))}\n`;
  return statusFeed(rounded, base);
}

async function sheetOf(made: Promise<string>): Promise<Sheet> {
  const text = await made;
  const bytes = new TextEncoder().encode(text);
  const tag = `W/"${createHash("sha256").update(bytes).digest("base64url").slice(0, 20)}"`;
  return { tag, bytes, packed: new Uint8Array(await pack(bytes)) };
}
