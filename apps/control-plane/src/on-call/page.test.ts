import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { acknowledgePage, type PageRequest, page, resolveAPage, startLostPages } from "./page.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const text = `version: 1
service: { name: shop }
notification_channels:
  slack: { webhook_url: "http://127.0.0.1:9/hook" }
on_call:
  people:
    ana: { slack: "#incidents" }
  escalation: { steps: [ana] }
`;

// Each opens a store and an engine of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let plane: ControlPlane;
let playbook: string;
const open = () =>
  openControlPlane({ places: placesOf(folder), env: {}, kind: "command", print: () => undefined });
const request = (change: Partial<PageRequest> = {}): PageRequest => ({
  playbook,
  id: "alert_1",
  severity: "critical",
  title: "service_down\n on shop",
  about: { kind: "alert", id: "alert_1" },
  actor: ada,
  ...change,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-page-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, text);
  plane = await open();
});
afterEach(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

const until = async (what: () => Promise<boolean>) => {
  for (let i = 0; i < 200 && !(await what()); i++) await plane.clock.sleep(25);
  expect(await what()).toBe(true);
};

describe("a page on the real store and engine", () => {
  it("is told, acknowledged, resolved, and its flow ends; asked for twice it is one", async () => {
    const opened = await page(plane, request());
    expect(opened).toMatchObject({ id: "page_alert_1", severity: "P1", title: "service_down on shop" });
    expect(await page(plane, request({ title: "again" }))).toMatchObject({ title: "service_down on shop" });
    const { onCall, outbox, ledger } = await plane.store();
    await until(async () => (await onCall.page("page_alert_1"))?.told.length === 1);
    expect(await outbox.list({ limit: 9 })).toMatchObject([
      { channel: "#incidents", thread: "page_alert_1", status: "open", severity: "critical" },
    ]);
    expect(await acknowledgePage(plane, "alert_1", { by: ada, via: "cli" })).toMatchObject({ first: true });
    const engine = await plane.engine();
    expect(await engine.result("page_alert_1", 5_000)).toEqual({ state: "acknowledged" });
    expect(await resolveAPage(plane, "page_alert_1", { by: ada, via: "cli" })).toMatchObject({
      first: true,
      page: { state: "resolved" },
    });
    expect((await ledger.read({})).map(({ kind }) => kind)).toEqual([
      "page.opened",
      "page.told",
      "page.acknowledged",
      "page.resolved",
    ]);
  });

  it("that was written down by a process that died before it could begin is begun by the next", async () => {
    const { onCall } = await plane.store();
    const opened = await page(plane, request());
    await plane.engine();
    await onCall.open({ ...opened, id: "page_lost", state: "paging", told: [] }, []);
    await plane.close();
    plane = await open();
    await startLostPages(plane);
    const again = (await plane.store()).onCall;
    await until(async () => (await again.page("page_lost"))?.told.length === 1);
  });

  it("goes by the playbook it began with when the file can no longer be read", async () => {
    await writeFile(
      playbook,
      text.replace("steps: [ana]", "steps: [ana], rounds: 1, respond_within: { P1: 1s }"),
    );
    await page(plane, request());
    await writeFile(playbook, "version: [");
    const { onCall } = await plane.store();
    await until(async () => (await onCall.page("page_alert_1"))?.state === "unanswered");
  });
});
