import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { linkSecret } from "../kept-secret.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { readLink, signLink } from "../signed-links/index.js";
import { ackPage, addOverride, listPages, removeOverride, retryNotices, showOnCall } from "../verbs/index.js";
import { pageLinks } from "./link.js";
import { page } from "./page.js";
import { onCallRoutes } from "./routes.js";

// The first page starts the engine, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const webhookSecret = "whsec-of-pagerduty";
const text = `version: 1
service: { name: shop }
notification_channels:
  pagerduty: { api_key: pdkey, url: "http://127.0.0.1:9/", webhook_secret: ${webhookSecret} }
on_call:
  people:
    ana: { pagerduty: true }
    ben: { pagerduty: true }
  schedules:
    primary: { people: [ana, ben], time_zone: Europe/Berlin }
  escalation: { steps: [primary] }
`;

let folder: string;
let plane: ControlPlane;
let playbook: string;
let app: ReturnType<typeof onCallRoutes>;
let secret: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-answers-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, text);
  plane = await openControlPlane({
    places: placesOf(folder),
    env: {},
    kind: "background",
    print: () => undefined,
  });
  app = onCallRoutes(plane);
  secret = await linkSecret(plane.places, plane.env);
}, 60_000);
afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

const opened = (id: string, title = "service_down") =>
  page(plane, {
    playbook,
    id,
    severity: "P1",
    title,
    about: { kind: "alert", id },
    actor: ada,
  });
const stateOf = async (id: string) => (await (await plane.store()).onCall.page(id))?.state;
const linkTo = (id: string, change: object = {}) =>
  signLink(pageLinks, secret, {
    page: id,
    sentTo: "ana@example.com",
    until: plane.clock.now() + 60_000,
    ...change,
  });

describe("the link of a message", () => {
  it("shows the page when it is opened, and acknowledges when the button is pressed, once", async () => {
    await opened("link", "<script>alert(1)</script>");
    const shown = await app.request(`/ack/${linkTo("page_link")}`);
    const body = await shown.text();
    expect(shown.status).toBe(200);
    expect(body).toContain("<button>Acknowledge</button>");
    expect(body).not.toContain("<script>");
    expect(shown.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(shown.headers.get("cache-control")).toBe("no-store");
    expect(await stateOf("page_link")).toBe("paging");

    const pressed = await app.request(`/ack/${linkTo("page_link")}`, { method: "POST" });
    expect(await pressed.text()).toContain("ana@example.com has it.");
    expect(await stateOf("page_link")).toBe("acknowledged");

    const again = await app.request(`/ack/${linkTo("page_link", { sentTo: "ben@example.com" })}`, {
      method: "POST",
    });
    expect(await again.text()).toContain("ana@example.com has it.");
    const after = await (await app.request(`/ack/${linkTo("page_link")}`)).text();
    expect(after).not.toContain("<button>");
  });

  it.each<[string, () => string, RegExp]>([
    [
      "of another key",
      () => signLink(pageLinks, "x".repeat(64), { page: "page_no", sentTo: "a", until: 9e15 }),
      /not made here/,
    ],
    ["that was changed", () => linkTo("page_no").replace(/^./, "x"), /not made here/],
    ["that was cut short", () => linkTo("page_no").slice(0, -4), /not made here/],
    ["with more behind it", () => `${linkTo("page_no")}.x`, /not made here/],
    ["without a signature", () => "abc", /not made here/],
    ["older than a day", () => linkTo("page_no", { until: plane.clock.now() - 1 }), /older than a day/],
    ["to no page", () => linkTo("page_nowhere"), /no such page/],
  ])("%s does not count, opened or pressed", async (_, token, told) => {
    await opened("no");
    for (const method of ["GET", "POST"]) {
      const answer = await app.request(`/ack/${token()}`, { method });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toMatch(told);
    }
    expect(await stateOf("page_no")).toBe("paging");
  });

  it("is made with a key of this folder, or with one that several share", async () => {
    expect(await linkSecret(plane.places, {})).toBe(secret);
    const shared = "s".repeat(32);
    expect(await linkSecret(plane.places, { ATOMS_LINK_SECRET: shared })).toBe(shared);
    expect(await linkSecret(plane.places, { ATOMS_LINK_SECRET: "short" })).toBe(secret);
    const claim = { page: "page_1", sentTo: "#incidents", until: 1_000 };
    expect(readLink(pageLinks, secret, signLink(pageLinks, secret, claim), 1_000)).toEqual(claim);
  });
});

describe("PagerDuty's webhook", () => {
  const hook = (event: object, key = webhookSecret, more = "") => {
    const body = JSON.stringify({ event });
    const signature = `v1=${createHmac("sha256", key).update(body).digest("hex")}`;
    return app.request("/hooks/pagerduty", {
      method: "POST",
      body,
      headers: { "x-pagerduty-signature": `${more}${signature}` },
    });
  };
  const event = (event_type: string, incident_key: string) => ({
    id: "01",
    event_type,
    resource_type: "incident",
    agent: { type: "user_reference", summary: "Ben Bit" },
    data: { id: "PGR0VU2", type: "incident", incident_key },
  });

  it("acknowledges and resolves what was answered there", async () => {
    await opened("pd");
    expect((await hook(event("incident.acknowledged", "page_pd"))).status).toBe(200);
    expect(await (await plane.store()).onCall.page("page_pd")).toMatchObject({
      state: "acknowledged",
      acknowledgedBy: { name: "Ben Bit" },
    });
    expect((await hook(event("incident.resolved", "page_pd"), webhookSecret, "v1=00,")).status).toBe(200);
    expect(await stateOf("page_pd")).toBe("resolved");
    expect((await hook(event("incident.acknowledged", "page_pd"))).status).toBe(202);
  });

  it.each([
    {
      given: "another key",
      status: 401,
      send: () => hook(event("incident.acknowledged", "page_pd2"), "wrong"),
    },
    { given: "no page of ours", status: 202, send: () => hook(event("incident.acknowledged", "other")) },
    { given: "no answer", status: 202, send: () => hook(event("incident.annotated", "page_pd2")) },
    {
      given: "no event",
      status: 400,
      send: () => app.request("/hooks/pagerduty", { method: "POST", body: "{" }),
    },
    {
      given: "far too much",
      status: 413,
      send: () =>
        app.request("/hooks/pagerduty", {
          method: "POST",
          body: "x",
          headers: { "content-length": "9999999" },
        }),
    },
  ])("$given changes nothing", async ({ status, send }) => {
    await opened("pd2");
    expect((await send()).status).toBe(status);
    expect(await stateOf("page_pd2")).toBe("paging");
  });
});

describe("by command", () => {
  it("the only open page need not be named; of several one must be", async () => {
    for (const { id, state } of await listPages.run(plane, { limit: 100 }, ada))
      if (state === "paging") await ackPage.run(plane, { playbook, page: id }, ada);
    await expect(ackPage.run(plane, { playbook }, ada)).rejects.toMatchObject({ code: "ATM-894" });
    await opened("one");
    expect(await ackPage.run(plane, { playbook }, ada)).toMatchObject({
      first: true,
      page: { id: "page_one", acknowledgedBy: ada },
    });
    await opened("two");
    await opened("three");
    await expect(ackPage.run(plane, { playbook }, ada)).rejects.toMatchObject({ code: "ATM-894" });
    await expect(ackPage.run(plane, { playbook, page: "page_four" }, ada)).rejects.toMatchObject({
      code: "ATM-890",
    });
  });

  it("somebody stands in, and goes back to the schedule", async () => {
    const before = (await showOnCall.run(plane, { playbook }, ada)).steps[0]?.now;
    const other = before?.person === "ana" ? "ben" : "ana";
    const added = await addOverride.run(
      plane,
      { playbook, step: "primary", person: other, forMs: 3_600_000 },
      ada,
    );
    const standing = await showOnCall.run(plane, { playbook }, ada);
    expect(standing.steps[0]).toMatchObject({
      now: { person: other, override: added.id, until: added.until },
      next: { person: before?.person },
      reachedBy: ["pagerduty"],
      timeZone: "Europe/Berlin",
    });
    await removeOverride.run(plane, { override: added.id }, ada);
    expect((await showOnCall.run(plane, { playbook }, ada)).steps[0]?.now).toEqual(before);
    const { ledger } = await plane.store();
    const kinds = (await ledger.read({ limit: 500 })).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["override.added", "override.removed"]));
    await expect(removeOverride.run(plane, { override: added.id }, ada)).rejects.toMatchObject({
      code: "ATM-895",
    });
  });

  it("a notice that was not given up can't be tried again", async () => {
    await expect(retryNotices.run(plane, { playbook, notices: ["nothing"] }, ada)).rejects.toMatchObject({
      code: "ATM-814",
    });
  });
});
