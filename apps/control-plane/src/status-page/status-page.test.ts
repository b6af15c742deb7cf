import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiApp } from "../api/server.js";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import {
  noteIncident,
  openIncident,
  resolveIncident,
  unpublishIncident,
  updateIncident,
} from "../verbs/index.js";

// Opens a store and an engine, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const dora = { kind: "person", name: "dora-the-person", via: "cli" } as const;
const paths = ["/status", "/status.json", "/status.atom"] as const;
const spell = `<script>alert("x")</script>`;
const page = `status_page:
  title: 'Shop & Co ${spell}'
  about: "How it is"
  components:
    - { name: 'Checkout ${spell}', monitors: [internal_probe], degraded_by: [internal_speed] }
`;
const playbook = (more: string) => `version: 1
service: { name: internal-shop }
incidents: { page: [] }
on_call: { people: { ana: { slack: "#internal-oncall" } }, escalation: { steps: [ana] } }
notification_channels: { slack: { webhook_url: "\${SHOP_WEBHOOK}" } }
monitors:
  - { kind: health, name: internal_probe }
  - { kind: performance, name: internal_speed }
${more}`;
const secret = "http://127.0.0.1:9/hook-4711";

let folder: string;
let plane: ControlPlane;
let ref: { playbook: string };
let app: ReturnType<typeof apiApp>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-status-"));
  ref = { playbook: join(folder, "playbook.yaml") };
  await writeFile(ref.playbook, playbook(page));
  plane = await openControlPlane({
    places: placesOf(folder),
    env: { SHOP_WEBHOOK: secret, ATOMS_PUBLIC_URL: "https://status.example.com/" },
    kind: "command",
    print: () => undefined,
  });
  await plane.engine();
});
afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});
// Each test asks a fresh app: the copy of the one before is not asked for.
beforeEach(() => {
  app = apiApp(plane, { token: "f".repeat(64), own: ref });
});
/** Asked again while nothing is known yet: a machine may stand still for longer than the page lets people wait. */
const get = (path: string, headers: Record<string, string> = {}) =>
  vi.waitFor(
    async () => {
      const sent = await app.request(`http://127.0.0.1:4000${path}`, { headers });
      expect(sent.status).not.toBe(503);
      return sent;
    },
    { timeout: 60_000, interval: 100 },
  );
const texts = async () =>
  (await Promise.all(paths.map(async (path) => (await get(path)).text()))) as [string, string, string];
const say = (input: Partial<Parameters<typeof updateIncident.run>[1]>) =>
  updateIncident.run(plane, { ...ref, ...input }, dora);

describe("what everybody may know", () => {
  it("are the public words, and nothing of the inside", async () => {
    const { samples } = await plane.store();
    const at = plane.clock.now();
    await samples.append(
      [4, 3, 2, 1].map((ago) => ({
        monitor: "internal_probe",
        service: "internal-shop",
        environment: "production",
        at: at - ago * 1_000,
        outcome: "down" as const,
        values: {},
        because: "db-internal-7.example.net answered 500",
      })),
    );
    const { incident } = await openIncident.run(
      plane,
      { ...ref, title: "internal title: pg-7", severity: "P2", details: "internal details" },
      dora,
    );
    await noteIncident.run(plane, { ...ref, text: "internal note" }, dora);
    await say({ text: "internal update", status: "investigating" });
    expect((await texts()).join()).not.toContain("disruption");

    app = apiApp(plane, { token: "f".repeat(64), own: ref });
    await say({
      text: `We know why ${spell} ${secret}`,
      status: "identified",
      public: true,
      publicTitle: "Payments <fail>",
    });
    const [html, json, feed] = await texts();
    for (const text of [html, json, feed]) {
      expect(text).toContain("We know why");
      expect(text).toContain("[hidden]");
      expect(text).not.toMatch(
        /internal|dora|pg-7|db-|answered 500|hook-4711|SHOP_WEBHOOK|P2|inc_|127\.0\.0\.1|playbook/,
      );
      expect(text).not.toContain(incident.id);
    }
    expect(html).toContain("Payments &lt;fail&gt;");
    expect(html).toContain("Shop &amp; Co");
    for (const text of [html, feed]) expect(text).not.toMatch(/<script|<fail|onerror=/);
    const data = JSON.parse(json);
    expect(data).toMatchObject({
      state: "down",
      components: [{ name: `Checkout ${spell}`, state: "down" }],
      incidents: [{ title: "Payments <fail>", state: "identified", updates: [{ state: "identified" }] }],
      past_incidents: [],
    });
    expect(data.components[0].days).toHaveLength(90);
    expect(data.components[0].days.at(-1)).toMatchObject({ up_share: 0 });
    expect(feed).toContain('href="https://status.example.com/status#i-');
  });

  it("is over when the incident is, and can be taken back", async () => {
    await resolveIncident.run(
      plane,
      { ...ref, text: "Payments work again.", unverified: "internal reason", public: true },
      dora,
    );
    const [html, json, feed] = await texts();
    expect(JSON.parse(json)).toMatchObject({
      incidents: [],
      past_incidents: [{ state: "resolved", updates: [{ text: "Payments work again." }, {}] }],
    });
    expect(html).not.toContain("internal reason");
    expect(feed.match(/<entry>/g)).toHaveLength(2);
    app = apiApp(plane, { token: "f".repeat(64), own: ref });
    await unpublishIncident.run(plane, { ...ref }, dora);
    expect((await texts()).join()).not.toContain("Payments");
    const { ledger } = await plane.store();
    expect((await ledger.read({ kind: "incident.unpublished" })).map(({ actor }) => actor.name)).toEqual([
      dora.name,
    ]);
  });

  it("says nothing publicly where there is no page, and nothing at all", async () => {
    const inside = { playbook: join(folder, "inside.yaml") };
    await writeFile(inside.playbook, playbook(""));
    const { incident } = await openIncident.run(plane, { ...inside, title: "x", severity: "P3" }, dora);
    const wish = { ...inside, incident: incident.id, text: "hello", public: true };
    await expect(updateIncident.run(plane, wish, dora)).rejects.toMatchObject({ code: "ATM-954" });
    await expect(unpublishIncident.run(plane, wish, dora)).rejects.toMatchObject({ code: "ATM-955" });
    app = apiApp(plane, { token: "f".repeat(64), own: inside });
    for (const path of paths) expect((await get(path)).status).toBe(404);
  });
});

describe("how it is sent", () => {
  it("whole, without sign-in, and nothing comes from elsewhere", async () => {
    const sent = await get("/status");
    expect(sent.status).toBe(200);
    const policy = sent.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'; /);
    expect(policy).not.toMatch(/unsafe|script-src|https?:|\*/);
    expect(await sent.text()).not.toMatch(/<script|<link rel="stylesheet"|src=|style="/);
  });

  it.each(paths)(
    "%s may be kept by caches, packed, and is not sent again to whoever has it",
    async (path) => {
      // Tried again where a minute or a new copy came in between.
      await vi.waitFor(
        async () => {
          const sent = await get(path);
          expect(sent.headers.get("cache-control")).toMatch(/^public, max-age=15, /);
          const whole = await sent.text();
          const tag = sent.headers.get("etag") ?? "";
          const again = await get(path, { "if-none-match": `"other", ${tag}` });
          expect([again.status, await again.text()]).toEqual([304, ""]);
          const packed = await get(path, { "accept-encoding": "gzip" });
          expect(packed.headers.get("content-encoding")).toBe("gzip");
          expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(whole);
        },
        { timeout: 60_000, interval: 100 },
      );
    },
  );
});
