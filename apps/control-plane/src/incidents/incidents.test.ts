import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert } from "@atoms/playbook";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { acknowledgePage, page } from "../on-call/index.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import {
  ackIncident,
  closeIncident,
  listIncidents,
  noteIncident,
  openIncident,
  resolveIncident,
  reviewIncident,
  showIncident,
} from "../verbs/index.js";
import { openForAlert, openForRollback } from "./open-for.js";

// Opens a store and an engine, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const ada = { kind: "person", name: "ada", via: "cli" } as const;
let folder: string;
let plane: ControlPlane;
let ref: { playbook: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-incident-"));
  ref = { playbook: join(folder, "playbook.yaml") };
  await writeFile(
    ref.playbook,
    `version: 1
service: { name: shop }
incidents: { page: [] }
on_call: { people: { ana: { slack: "#oncall" } }, escalation: { steps: [ana] } }
notification_channels: { slack: { webhook_url: "http://127.0.0.1:9/hook" } }
`,
  );
  plane = await openControlPlane({
    places: placesOf(folder),
    env: {},
    // A command would wait at its end until every notice of these tests was told, one a second to each channel.
    kind: "background",
    print: () => undefined,
  });
  await plane.engine();
});
afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const { id, state } of await listIncidents.run(plane, { ...ref, all: false, limit: 99 }, ada)) {
    const which = { ...ref, incident: id };
    if (state !== "resolved")
      await resolveIncident.run(plane, { ...which, text: "over", unverified: "a test" }, ada);
    await closeIncident.run(plane, which, ada);
  }
});

const open = (severity: "P1" | "P2" | "P3" = "P2") =>
  openIncident.run(plane, { ...ref, title: "slow\n checkout", severity }, ada);
let count = 0;
const anAlert = (severity: Alert["severity"] = "critical"): Alert => ({
  id: `alert_${++count}`,
  service: "shop",
  environment: "production",
  rule: "service_down",
  series: "",
  severity,
  labels: {},
  summary: "",
  state: "firing",
  saw: "health_check_failed",
  activeAt: 1,
  told: 0,
  due: [],
  outcomes: {},
  version: 1,
});

describe("an incident on the real store and engine", () => {
  it("is not resolved while the service is not proven well, unless somebody says why", async () => {
    const { incident } = await open();
    expect(incident).toMatchObject({ title: "slow checkout", state: "open", severity: "P2" });
    await expect(resolveIncident.run(plane, { ...ref, text: "done" }, ada)).rejects.toMatchObject({
      code: "ATM-833",
    });
    const over = await resolveIncident.run(plane, { ...ref, text: "done", unverified: "a drill" }, ada);
    expect(over.incident).toMatchObject({ state: "resolved", verified: { anyway: "a drill" } });
  });

  it("tells its story and drafts its post-mortem from the ledger", async () => {
    const { incident } = await open();
    await noteIncident.run(plane, { ...ref, text: "look here", evidence: "https://g.example.com" }, ada);
    const shown = await showIncident.run(plane, { ...ref, incident: incident.id }, ada);
    expect(shown.timeline.map(({ says }) => says)).toEqual(
      expect.arrayContaining(["opened as P2: slow checkout", "look here (https://g.example.com)"]),
    );
    const { issues, markdown } = await reviewIncident.run(plane, { ...ref, action: "mend it" }, ada);
    expect(issues).toMatchObject([{ title: "mend it" }]);
    expect(markdown).toContain("| look here (https://g.example.com) | ada |");
  });

  it("of which there are two has to be named", async () => {
    await open();
    const { incident } = await open("P3");
    await expect(ackIncident.run(plane, ref, ada)).rejects.toMatchObject({ code: "ATM-831" });
    await expect(ackIncident.run(plane, { ...ref, incident: "inc_no" }, ada)).rejects.toMatchObject({
      code: "ATM-830",
    });
    const had = await ackIncident.run(plane, { ...ref, incident: incident.id }, ada);
    expect(had.incident.acknowledgedBy).toBe("ada");
  });
});

describe("a release that was taken back", () => {
  const takenBack = async (id: string, severity: "P1" | "P2") => {
    const of = { id, service: "shop", environment: "production" };
    const how = { severity, title: "production was taken back", because: "too many errors" };
    return openForRollback(plane, await plane.open(ref), ref, of, how);
  };

  it("opens an incident that is linked to it; the next one joins it, and makes it worse", async () => {
    const incident = await takenBack("rel_back", "P2");
    expect(incident).toMatchObject({
      id: "inc_rel_back",
      severity: "P2",
      state: "open",
      details: "too many errors",
      releases: ["rel_back"],
      source: { kind: "release", id: "rel_back" },
    });
    expect((await takenBack("rel_back", "P2")).id).toBe(incident.id);
    const worse = await takenBack("rel_unsafe", "P1");
    expect(worse).toMatchObject({
      id: incident.id,
      severity: "P1",
      releases: ["rel_back", "rel_unsafe"],
    });
  });
});

describe("the release that an incident may be the doing of", () => {
  const moved = async (release: string, agoMs: number, service = "shop") => {
    const { ledger } = await plane.store();
    await ledger.append([
      {
        key: `${release}/shifted`,
        kind: "traffic.shifted",
        at: plane.clock.now() - agoMs,
        actor: ada,
        service,
        environment: "production",
        release,
        data: {},
      },
    ]);
  };

  it("is the last one that moved traffic in the hour before, unless somebody names another", async () => {
    await moved("rel_yesterday", 86_400_000);
    expect((await open()).incident.releases).toEqual([]);
    await moved("rel_first", 3_000_000);
    await moved("rel_last", 60_000);
    await moved("rel_of_others", 30_000, "billing");
    const { incident } = await open("P3");
    expect(incident.releases).toEqual(["rel_last"]);
    const asked = { ...ref, title: "slow", severity: "P3" as const, release: "rel_first" };
    expect((await openIncident.run(plane, asked, ada)).incident.releases).toEqual(["rel_first"]);
    const review = await reviewIncident.run(plane, { ...ref, incident: incident.id }, ada);
    expect(review.markdown).toContain("| Releases | rel_last |");
  });
});

describe("messages that are pinned in the incident's own channel", () => {
  let slack: Server;
  let pins: object[];
  let refuses: string | undefined;
  let own: { playbook: string };

  beforeAll(async () => {
    slack = createServer((request, response) => {
      const method = request.url?.split("/").at(-1) ?? "";
      const answers: Record<string, object> = {
        "conversations.create": { ok: true, channel: { id: "C1" } },
        "pins.list": refuses === undefined ? { ok: true, items: pins } : { ok: false, error: refuses },
        "users.info": { ok: true, user: { name: "bea", profile: { display_name: "Bea" } } },
      };
      request.resume().on("end", () => {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(answers[method] ?? { ok: true, ts: "1.0", channel: "C1" }));
      });
    });
    await new Promise<void>((resolve) => slack.listen(0, "127.0.0.1", resolve));
    own = { playbook: join(folder, "own-channel.yaml") };
    const { port } = slack.address() as AddressInfo;
    await writeFile(
      own.playbook,
      `version: 1
service: { name: shop }
incidents: { page: [] }
notification_channels: { slack: { token: xoxb-test, api_url: "http://127.0.0.1:${port}/api" } }
`,
    );
  });
  afterAll(async () => {
    slack.closeAllConnections();
    await new Promise((resolve) => slack.close(resolve));
  });
  beforeEach(() => {
    pins = [];
    refuses = undefined;
  });

  const withChannel = async () => {
    const { incident } = await openIncident.run(plane, { ...own, title: "slow", severity: "P3" }, ada);
    const { incidents } = await plane.store();
    await vi.waitFor(async () => expect((await incidents.get(incident.id))?.channel?.is).toBe("there"), {
      timeout: 60_000,
      interval: 100,
    });
    return incident.id;
  };
  const review = (incident: string) => reviewIncident.run(plane, { ...own, incident }, ada);
  const events = async (kind: string, incident: string) =>
    (await (await plane.store()).ledger.read({ kind, limit: 500 })).filter(
      ({ data }) => data["incident"] === incident,
    );

  it("join its story, each once, by whom they were pinned and when they were written", async () => {
    const id = await withChannel();
    const at = plane.clock.now() - 1_000;
    pins.push({
      type: "message",
      created_by: "U1",
      message: { ts: (at / 1_000).toFixed(3), text: "it is the pool", permalink: "https://slack.test/p1" },
    });
    await review(id);
    const { markdown } = await review(id);
    expect(markdown).toContain("| it is the pool (https://slack.test/p1) | Bea |");
    expect(await events("incident.pinned", id)).toMatchObject([
      { at, actor: { kind: "person", name: "Bea", via: "slack" }, data: { text: "it is the pool" } },
    ]);
  });

  it("are asked for no more when Slack refuses, and that is told once", async () => {
    const id = await withChannel();
    refuses = "missing_scope";
    await review(id);
    refuses = undefined;
    pins.push({ type: "message", message: { ts: "1.0", text: "late" } });
    await review(id);
    expect(await events("incident.pinned", id)).toEqual([]);
    expect(await events("incident.pins-unread", id)).toMatchObject([
      { data: { because: "Slack refused: missing_scope" } },
    ]);
  });
});

describe("an alert with create_incident", () => {
  it("opens one; what comes while it is under way joins it, and makes it worse", async () => {
    const first = anAlert("high");
    const { incident, opened } = await openForAlert(plane, ref, first, "service_down");
    expect({ opened, severity: incident.severity }).toEqual({ opened: true, severity: "P2" });
    const second = anAlert("critical");
    for (let i = 0; i < 2; i++) {
      const joined = await openForAlert(plane, ref, second, "service_down");
      expect(joined).toMatchObject({
        opened: false,
        incident: { id: incident.id, severity: "P1", alerts: [first.id, second.id] },
      });
    }
  });

  it("does not page those again whom the alert has paged; who answers that page has the incident", async () => {
    const alert = anAlert();
    const about = { kind: "alert", id: alert.id } as const;
    await page(plane, { ...ref, id: alert.id, severity: "P1", title: "down", about, actor: ada });
    const { incident } = await openForAlert(plane, ref, alert, "service_down");
    expect(incident.page).toBe(`page_${alert.id}`);
    await acknowledgePage(plane, alert.id, { by: { ...ada, name: "ben" }, via: "link" });
    const { incidents, onCall } = await plane.store();
    expect(await incidents.get(incident.id)).toMatchObject({
      acknowledgedBy: "ben",
      roles: { commander: { who: "ben" } },
    });
    await resolveIncident.run(plane, { ...ref, text: "over", unverified: "a test" }, ada);
    expect((await onCall.page(`page_${alert.id}`))?.state).toBe("resolved");
  });
});
