import { createHmac, timingSafeEqual } from "node:crypto";
import { isProblem, type Page } from "@atoms/playbook";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { html } from "hono/html";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { discreet, linkPage, readLink, refusedPage } from "../signed-links/index.js";
import { pageLinks } from "./link.js";
import { acknowledgePage, resolveAPage } from "./page.js";

const largest = 256 * 1024;
/**
 * The ways to answer a page without a token of the API: the signed link of a message, and PagerDuty's webhook. Opening a
 * link only shows the page, since programs that look at messages open links too; the button acknowledges.
 */
export function onCallRoutes(plane: ControlPlane): Hono {
  const app = new Hono();
  // By their paths: mounted in another app, a "*" would be for everything there.
  for (const path of ["/ack/*", "/hooks/*"]) app.use(path, bodyLimit({ maxSize: largest }));
  app.use("/ack/*", discreet);

  const claimed = async (token: string) => {
    const claim = readLink(pageLinks, await linkSecret(plane.places, plane.env), token, plane.clock.now());
    if ("refused" in claim) return { refused: claim.refused };
    const page = await (await plane.store()).onCall.page(claim.page);
    return page === undefined ? { refused: "there is no such page" } : { page, sentTo: claim.sentTo };
  };

  app.get("/ack/:token", async (c) => {
    const found = await claimed(c.req.param("token"));
    if ("refused" in found) return c.html(refusedPage(found.refused), 403);
    return c.html(pageText(found.page));
  });
  app.post("/ack/:token", async (c) => {
    const found = await claimed(c.req.param("token"));
    if ("refused" in found) return c.html(refusedPage(found.refused), 403);
    try {
      const by = { kind: "person", name: found.sentTo, via: "api" } as const;
      const { page } = await acknowledgePage(plane, found.page.id, { by, via: "link" });
      return c.html(pageText(page));
    } catch (error) {
      if (!isProblem(error)) throw error;
      return c.html(refusedPage(error.happened), 409);
    }
  });
  app.post("/hooks/pagerduty", async (c) => {
    const body = await c.req.text();
    return c.json(...(await fromPagerDuty(plane, body, c.req.header("x-pagerduty-signature") ?? "")));
  });
  return app;
}

type Answered = [{ done: string }, 200 | 202 | 400 | 401];

/**
 * Reads a v3 webhook: `incident_key` is the key under which the page was triggered. The signature is checked with the
 * secret of the page's own playbook before anything is changed.
 */
async function fromPagerDuty(plane: ControlPlane, body: string, signatures: string): Promise<Answered> {
  const event = eventIn(body);
  if (event === undefined) return [{ done: "not an event" }, 400];
  const page = await (await plane.store()).onCall.page(event.key);
  if (page === undefined) return [{ done: "nothing: no page of ours" }, 202];
  const { settings } = await plane.open({ playbook: page.playbook.path, platform: page.playbook.platform });
  const secret = settings.notification_channels.pagerduty?.webhook_secret;
  if (secret === undefined || !signedWith(secret, body, signatures)) return [{ done: "refused" }, 401];
  const answer = { by: { kind: "person", name: event.who, via: "api" }, via: "pagerduty" } as const;
  try {
    if (event.type === "incident.acknowledged") await acknowledgePage(plane, page.id, answer);
    else if (event.type === "incident.resolved") await resolveAPage(plane, page.id, answer);
    else return [{ done: "nothing: not an answer" }, 202];
  } catch (error) {
    if (!isProblem(error)) throw error;
    return [{ done: "nothing: the page is over" }, 202];
  }
  return [{ done: event.type }, 200];
}

function eventIn(body: string): { type: string; key: string; who: string } | undefined {
  try {
    const { event } = JSON.parse(body) as { event?: Record<string, unknown> };
    const data = event?.["data"] as Record<string, unknown> | undefined;
    const agent = event?.["agent"] as Record<string, unknown> | null | undefined;
    const [type, key] = [event?.["event_type"], data?.["incident_key"]];
    if (typeof type !== "string" || typeof key !== "string") return undefined;
    const who = agent?.["summary"];
    return { type, key, who: typeof who === "string" && who !== "" ? who.slice(0, 100) : "PagerDuty" };
  } catch {
    return undefined;
  }
}

/** While a secret is exchanged there are two signatures, with a comma between them. */
function signedWith(secret: string, body: string, signatures: string): boolean {
  const wanted = Buffer.from(`v1=${createHmac("sha256", secret).update(body).digest("hex")}`);
  return signatures.split(",").some((one) => {
    const given = Buffer.from(one.trim());
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

function pageText(page: Page) {
  const { title, details = "", service, environment, severity, state, acknowledgedBy, resolvedBy } = page;
  const open = state === "paging" || state === "unanswered";
  const stands = open
    ? html`<form method="post"><button>Acknowledge</button></form>`
    : state === "acknowledged"
      ? html`<p>${acknowledgedBy?.name ?? "Somebody"} has it.</p>`
      : html`<p>Resolved by ${resolvedBy?.name ?? "somebody"}.</p>`;
  return linkPage(
    title,
    html`<h1>${severity}: ${title}</h1><p>${service} in ${environment}</p><p>${details}</p>${stands}`,
  );
}
