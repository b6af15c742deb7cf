import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalCloud, startLocalCloud } from "@atoms/local-cloud";
import type { LedgerEntry, Release } from "@atoms/playbook";
import { bindKey, startBind } from "@atoms/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { removeProcessFile, writeProcessFile } from "../../background/process-file.js";
import type { ControlPlane } from "../../control-plane.js";
import { openControlPlane } from "../../open-control-plane.js";
import { makePlaces, placesOf } from "../../places.js";
import { keepSource } from "../../source.js";
import { planOutage, recoverOutage } from "../../verbs/recovery-outage.js";
import type { InputOf } from "../../verbs/verb.js";
import { readBlob } from "../../workspace/index.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const name = "app.example.test";
const standbyHost = "127.0.0.2";

const service = {
  "package.json": JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
  "server.js": `import { createServer } from "node:http";
const status = process.env.SICK === "yes" ? "unhealthy" : "healthy";
createServer((_, response) => {
  response.writeHead(status === "healthy" ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ status, region: process.env.VERCEL_REGION }));
}).listen(process.env.PORT);
`,
};

// A real BIND, a real local cloud and a real service, which a busy machine takes its time for.
describe("atoms recover service_outage, with a name at a real BIND", { timeout: 300_000 }, () => {
  let bind: Awaited<ReturnType<typeof startBind>>;
  let root: string;
  let cloud: LocalCloud;
  let plane: ControlPlane;
  let playbook: string;
  let first: string;
  let standby: ReturnType<typeof createServer>;
  let standbyIs: "healthy" | "unhealthy";
  let edgePort: number;
  const env: Record<string, string | undefined> = { PATH: process.env["PATH"] };

  /** Brings the platform up as it was before, or for the first time. */
  async function platformUp() {
    const { cloud: folder, run } = placesOf(root);
    cloud = await startLocalCloud({ folder, faults: true });
    const { apiUrl: api, edgeUrl: edge, token, team } = cloud;
    writeProcessFile(join(run, "cloud.json"), { api, edge, token, team });
  }

  beforeAll(async () => {
    bind = await startBind("example.test", [`app 120 A 127.0.0.1`]);
    root = mkdtempSync(join(tmpdir(), "atoms-outage-"));
    makePlaces(placesOf(root));
    mkdirSync(join(root, "service"));
    for (const [file, text] of Object.entries(service)) writeFileSync(join(root, "service", file), text);
    await platformUp();
    edgePort = Number(new URL(cloud.edgeUrl).port);
    standby = createServer((_, response) => {
      response.writeHead(standbyIs === "healthy" ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: standbyIs }));
    });
    await new Promise<void>((resolve) => standby.listen(edgePort, standbyHost, resolve));
    plane = await openControlPlane({
      places: placesOf(root),
      env,
      kind: "background",
      print: () => undefined,
    });
    env["DNS_KEY_SECRET"] = bindKey.secret;
    env["WRONG_KEY_SECRET"] = Buffer.from("somebody else's").toString("base64");
    first = await inProduction({});
    const domain = await fetch(`${cloud.apiUrl}/v10/projects/shop/domains`, {
      method: "POST",
      headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    expect(domain.status).toBe(200);
  }, 240_000);
  afterAll(async () => {
    await plane?.close().catch(() => undefined);
    removeProcessFile(join(placesOf(root).run, "cloud.json"));
    await cloud?.close().catch(() => undefined);
    await new Promise<void>((resolve) => standby.close(() => resolve()));
    await bind?.remove();
    rmSync(root, { recursive: true, force: true });
  }, 120_000);
  beforeEach(() => {
    standbyIs = "healthy";
    playbook = written();
  });
  afterEach(async () => {
    await bind.update([
      `update delete ${name} CNAME`,
      `update delete ${name} A`,
      `update add ${name}. 120 A 127.0.0.1`,
    ]);
  });

  function written(more: { secret?: string; dns?: boolean; settle?: string; regions?: string } = {}): string {
    const path = join(root, `playbook-${randomBytes(4).toString("hex")}.yaml`);
    const { secret = "DNS_KEY_SECRET", dns = true, settle = "60s", regions = "" } = more;
    const lines = [
      "version: 1",
      "service: { name: shop, source: service }",
      "recovery:",
      `  settle: ${settle}`,
      "  targets: { rto: 10m }",
      "  service_outage:",
      `    public_url: http://${name}:${edgePort}`,
      `    regions: [${regions}]`,
      ...(dns
        ? [
            "    dns:",
            `      { kind: rfc2136, name: ${name}, zone: example.test, server: "${bind.server}",`,
            `        key: { name: ${bindKey.name}, secret: "\${${secret}}" } }`,
            "    standby:",
            `      { url: "http://${standbyHost}:${edgePort}", records: [{ type: A, value: ${standbyHost} }], ttl: 30 }`,
            `    resolvers: ["${bind.server}"]`,
          ]
        : []),
      "",
    ];
    writeFileSync(path, lines.join("\n"));
    return path;
  }

  async function inProduction(variables: Record<string, string>): Promise<string> {
    const platform = await (await plane.open({ playbook: written() })).platform();
    await platform.ensureProject();
    const { id } = await platform.createDeployment({
      release: `rel_${randomBytes(4).toString("hex")}`,
      version: "v1",
      source: await keepSource(plane.places, join(root, "service"), []),
      variables,
      read: ({ sha1, path }) => readBlob(plane.places.blobs, sha1, path),
    });
    await vi.waitFor(
      async () => {
        const found = await platform.deployment(id);
        if (found?.state !== "ready") throw new Error(`${id} is ${found?.state}`);
      },
      { timeout: 60_000, interval: 100 },
    );
    await platform.promote(id);
    return id;
  }

  const plan = () => planOutage.run(plane, planOutage.input.parse({ playbook }), ada);
  async function recover(asked: Partial<InputOf<typeof recoverOutage>> = {}): Promise<Release> {
    const input = recoverOutage.input.parse({ playbook, confirm: "service_outage", ...asked });
    const { id } = await recoverOutage.run(plane, input, ada);
    return vi.waitFor(
      async () => {
        const release = await (await plane.store()).releases.get(id);
        if (release === undefined || release.state === "running")
          throw new Error(`it is still ${release?.activity?.doing}`);
        return release;
      },
      { timeout: 180_000, interval: 100 },
    );
  }
  /** Takes a region down, or brings it up again. */
  const region = async (method: "PUT" | "DELETE", which: string) => {
    const headers = { authorization: `Bearer ${cloud.token}` };
    const answer = await fetch(`${cloud.apiUrl}/atoms/faults/regions/${which}`, { method, headers });
    expect(answer.status).toBe(200);
  };
  const serving = async () =>
    (await (await (await plane.open({ playbook })).platform()).production()).deployment;
  const events = async (kind: string, release: string) =>
    (await (await plane.store()).ledger.read({ kind, limit: 500 })).filter((one) => one.release === release);
  const finished = async (release: string) =>
    (await events("recovery.finished", release)).at(-1)?.data as LedgerEntry["data"];

  it("finds nothing out when users are served, and leaves what is right alone", async () => {
    expect(await plan()).toMatchObject({
      verdict: { is: "well" },
      refused: { code: "ATM-860" },
      facts: { name: { read: true, records: [{ type: "A", value: "127.0.0.1", ttl: 120 }] } },
    });
    expect(await recover()).toMatchObject({ state: "failed", problem: { code: "ATM-860" } });
    expect(await bind.ask(name, "A")).toEqual(["127.0.0.1"]);
    await expect(recover({ confirm: "yes" })).rejects.toMatchObject({ code: "ATM-672" });
    await expect(recover({ back: true })).rejects.toMatchObject({ code: "ATM-868" });
  });

  it("says that a rollback is the answer when only the deployment is ill", async () => {
    await inProduction({ SICK: "yes" });
    try {
      expect(await plan()).toMatchObject({ verdict: { is: "deployment" }, refused: { code: "ATM-861" } });
      const release = await recover();
      expect(release).toMatchObject({
        state: "failed",
        problem: { code: "ATM-861", fix: expect.stringContaining("atoms rollback") },
      });
      expect((await events("outage.evidence", release.id)).at(-1)?.data).toMatchObject({
        verdict: { is: "deployment" },
      });
      expect(await bind.ask(name, "A")).toEqual(["127.0.0.1"]);
    } finally {
      await (await (await plane.open({ playbook })).platform()).promote(first);
    }
  });

  it("leads users to the standby while the platform is out, proves it from outside, and leads them back", async () => {
    await cloud.close();
    try {
      const before = await plan();
      expect(before, JSON.stringify(before)).toMatchObject({
        verdict: { is: "platform" },
        way: "standby",
        facts: { platform: { answers: false } },
      });
      expect(before.steps.join("\n")).toContain("keep the old answer for up to 120 s");

      standbyIs = "unhealthy";
      playbook = written({ settle: "3s" });
      const ill = await recover();
      expect(ill).toMatchObject({ state: "failed", problem: { code: "ATM-864" } });
      expect(await bind.ask(name, "A")).toEqual(["127.0.0.1"]);

      standbyIs = "healthy";
      playbook = written({ secret: "WRONG_KEY_SECRET" });
      const refused = await recover();
      expect(refused).toMatchObject({
        state: "failed",
        problem: { code: "ATM-866", happened: expect.stringContaining("BADSIG") },
      });
      expect(JSON.stringify(refused)).not.toContain(env["WRONG_KEY_SECRET"]);

      playbook = written();
      const moved = await recover({ because: "The status page says so." });
      expect(moved, JSON.stringify(moved)).toMatchObject({ state: "released", strategy: "recovery" });
      expect(await bind.ask(name, "A")).toEqual([standbyHost]);
      const told = await finished(moved.id);
      expect(told).toMatchObject({
        scenario: "service_outage",
        met: true,
        incident: expect.stringMatching(/^inc_/),
      });
      expect(JSON.stringify(told["afterwards"])).toContain("for up to 120 s");
      const { incidents, outbox } = await plane.store();
      expect(await incidents.get(String(told["incident"]))).toMatchObject({ severity: "P1" });
      expect(JSON.stringify(await outbox.list({ limit: 500 }))).toContain("shop is served again after");

      // Asked for again, it finds what was done.
      expect(await recover({ way: "standby" })).toMatchObject({ state: "released" });
      const early = written({ settle: "3s" });
      expect(await recover({ playbook: early, back: true })).toMatchObject({
        state: "failed",
        problem: { code: "ATM-869" },
      });
      expect(await bind.ask(name, "A")).toEqual([standbyHost]);
    } finally {
      await platformUp();
    }
    const back = await recover({ back: true });
    expect(back, JSON.stringify(back)).toMatchObject({ state: "released" });
    expect(await bind.ask(name, "A")).toEqual(["127.0.0.1"]);
    expect((await finished(back.id))["rtoMs"]).toBeUndefined();
    await expect(recover({ back: true })).rejects.toMatchObject({ code: "ATM-868" });
  });

  it("leaves records alone that somebody else has changed since", async () => {
    expect(await recover({ way: "standby" })).toMatchObject({ state: "released" });
    await bind.update([`update delete ${name} A`, `update add ${name}. 60 A 127.0.0.3`]);
    const back = await recover({ back: true });
    expect(back).toMatchObject({
      state: "failed",
      problem: { code: "ATM-865", happened: expect.stringContaining("127.0.0.3") },
    });
    expect(await bind.ask(name, "A")).toEqual(["127.0.0.3"]);
  });

  it("moves to another region when the one that it runs in is out, and back when that is over", async () => {
    playbook = written({ regions: "local, fra1" });
    await region("PUT", "local");
    try {
      expect(await plan()).toMatchObject({ verdict: { is: "region" }, way: "regions", region: "fra1" });
      const moved = await recover();
      expect(moved, JSON.stringify(moved)).toMatchObject({ state: "released" });
      expect(await serving()).toMatchObject({ id: moved.candidate?.id, regions: ["fra1"] });
      const url = `http://shop.localhost:${edgePort}/health`;
      const answer = await plane.http.send({ url, timeoutMs: 10_000 });
      expect(answer).toMatchObject({
        status: 200,
        headers: { "x-vercel-id": expect.stringContaining("::fra1::") },
      });
      expect(answer).toMatchObject({ body: expect.stringContaining('"region":"fra1"') });

      playbook = written({ settle: "3s" });
      expect(await recover({ back: true })).toMatchObject({ state: "failed", problem: { code: "ATM-720" } });
      expect(await serving()).toMatchObject({ regions: ["fra1"] });
      expect(await recover({ way: "regions", region: "zzz9" })).toMatchObject({
        state: "failed",
        problem: { happened: expect.stringContaining("zzz9") },
      });
    } finally {
      await region("DELETE", "local");
    }
    playbook = written();
    const back = await recover({ back: true });
    expect(back, JSON.stringify(back)).toMatchObject({ state: "released" });
    expect(await serving()).toMatchObject({ id: back.candidate?.id, regions: ["local"] });
  });

  it("has nowhere to go without a standby", async () => {
    playbook = written({ dns: false });
    expect(await recover({ way: "standby" })).toMatchObject({
      state: "failed",
      problem: { code: "ATM-863" },
    });
  });
});
