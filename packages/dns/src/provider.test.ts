import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DnsRecord, DnsSettings } from "@atoms/playbook";
import { bindKey, startBind } from "@atoms/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dnsContract } from "./provider.contract.js";
import { dnsProvider } from "./provider.js";

import { tinyCloudflare } from "./testing/tiny-cloudflare.js";

const never = new AbortController().signal;
const zone = "a".repeat(32);
const name = "app.example.test";
const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => undefined };
const refuses = (because: RegExp) => ({ code: "ATM-866", happened: expect.stringMatching(because) });

/** A provider of these settings, and the commands that it had run. */
function provider(settings: object, folder = "/", now = () => Date.now()) {
  const ran: { command: string; change: string | undefined }[] = [];
  const knobs = { failed: undefined as string | undefined };
  const made = dnsProvider({ name, within: 1_000, ...settings } as DnsSettings, {
    clock: { ...clock, now },
    folder,
    async run(command, env) {
      ran.push({ command, change: env["ATOMS_CHANGE"] });
      return knobs.failed;
    },
  });
  return { ...made, ran, knobs };
}

const folders: string[] = [];
function records(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "atoms-dns-"));
  folders.push(folder);
  writeFileSync(join(folder, "records.json"), text);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

dnsContract("a file", async () => {
  const folder = records("{}");
  return {
    name,
    provider: provider({ kind: "file", path: "records.json" }, folder),
    set: async (all) => writeFileSync(join(folder, "records.json"), JSON.stringify({ [name]: all })),
    end: async () => undefined,
  };
});

describe("a file of records", () => {
  const other = { "www.example.test": [{ type: "TXT", value: "left", ttl: 60 }] };
  const was: DnsRecord[] = [{ type: "A", value: "192.0.2.1", ttl: 300 }];
  const to: DnsRecord[] = [{ type: "A", value: "192.0.2.7", ttl: 60 }];

  it("keeps what is not changed, and hands the change on by its command, also when it had died before that", async () => {
    const folder = records(
      JSON.stringify({ ...other, "App.example.test": [...was, { type: "TXT", value: "stays", ttl: 9 }] }),
    );
    const file = provider({ kind: "file", path: "records.json", apply: "push" }, folder);
    await file.change({ name, was, to, key: "rel_1" }, never);
    await file.change({ name, was, to, key: "rel_1" }, never);
    expect(file.ran).toEqual([
      { command: "push", change: "rel_1" },
      { command: "push", change: "rel_1" },
    ]);
    expect(JSON.parse(readFileSync(join(folder, "records.json"), "utf8"))).toEqual({
      ...other,
      "App.example.test": [{ type: "TXT", value: "stays", ttl: 9 }, ...to],
    });
  });

  it("says what is wrong with it", async () => {
    for (const [text, because] of [
      ["{", /no JSON/],
      ['{"app.example.test": "192.0.2.1"}', /expected names/],
      ['{"app.example.test": [{"type": "A", "value": "300.1.1.1", "ttl": 1}]}', /300\.1\.1\.1 is no value/],
    ] as const)
      await expect(
        provider({ kind: "file", path: "records.json" }, records(text)).read(name, never),
      ).rejects.toMatchObject(refuses(because));
    await expect(
      provider({ kind: "file", path: "none.json" }, records("{}")).read(name, never),
    ).rejects.toMatchObject(refuses(/ENOENT/));
    const file = provider(
      { kind: "file", path: "records.json", apply: "push" },
      records(JSON.stringify({ [name]: was })),
    );
    file.knobs.failed = "ended with 1";
    await expect(file.change({ name, was, to, key: "k" }, never)).rejects.toMatchObject({
      ...refuses(/its command ended with 1/),
      stillTrue: expect.stringMatching(/may have been made/),
    });
  });
});

dnsContract("Cloudflare", async () => {
  const cloud = await tinyCloudflare(zone, "secret");
  return {
    name,
    provider: provider({ kind: "cloudflare", zone, token: "secret", api: cloud.api }),
    set: async (all) =>
      cloud.set(
        name,
        all.map(({ type, value, ttl }) => ({ type, content: value, ttl })),
      ),
    end: cloud.end,
  };
});

describe("Cloudflare", () => {
  const was: DnsRecord[] = [{ type: "A", value: "192.0.2.1", ttl: 1, proxied: true }];
  const to: DnsRecord[] = [{ type: "A", value: "192.0.2.7", ttl: 60 }];

  it("is asked for one batch, in which a record of the same type keeps what people wrote beside it", async () => {
    const cloud = await tinyCloudflare(zone, "secret");
    cloud.set(name, [{ type: "A", content: "192.0.2.1", ttl: 1, proxied: true, comment: "by hand" }]);
    const at = provider({ kind: "cloudflare", zone, token: "secret", api: cloud.api });
    expect(await at.read(name, never)).toEqual(was);
    expect(await at.change({ name, was, to, key: "k" }, never)).toEqual({ is: "changed" });
    expect(cloud.batches).toHaveLength(1);
    expect(cloud.records()).toMatchObject([{ content: "192.0.2.7", proxied: false, comment: "by hand" }]);
    expect(await at.change({ name, was: to, to: was, key: "k" }, never)).toEqual({ is: "changed" });
    expect(cloud.records()).toMatchObject([{ content: "192.0.2.1", ttl: 1, proxied: true }]);
    await cloud.end();
  });

  it("that refuses is told of, without the token, and whether something may have happened", async () => {
    const cloud = await tinyCloudflare(zone, "secret");
    cloud.set(name, [{ type: "A", content: "192.0.2.1" }]);
    const wrong = provider({ kind: "cloudflare", zone, token: "wr0ng-token", api: cloud.api });
    const error = await wrong.read(name, never).catch((one: unknown) => one);
    expect(error).toMatchObject(refuses(/403: Authentication error \(10000\); the token is wrong/));
    expect(JSON.stringify(error)).not.toContain("wr0ng-token");
    const at = provider({ kind: "cloudflare", zone, token: "secret", api: cloud.api });
    const change = () =>
      at.change({ name, was: [{ type: "A", value: "192.0.2.1", ttl: 300 }], to, key: "k" }, never);
    Object.assign(cloud.knobs, { fail: 400, message: "not today" });
    await expect(change()).rejects.toMatchObject({
      ...refuses(/not today/),
      stillTrue: expect.stringMatching(/changed nothing/),
    });
    Object.assign(cloud.knobs, { fail: 502 });
    await expect(change()).rejects.toMatchObject({
      ...refuses(/502/),
      stillTrue: expect.stringMatching(/may have been made/),
    });
    await cloud.end();
    await expect(at.read(name, never)).rejects.toMatchObject(refuses(/nobody answers/));
  });
});

describe("BIND", { timeout: 120_000 }, () => {
  let bind: Awaited<ReturnType<typeof startBind>>;
  beforeAll(async () => {
    bind = await startBind("example.test", []);
  }, 120_000);
  afterAll(() => bind?.remove());
  const settings = (more: object = {}) => ({
    kind: "rfc2136",
    zone: "example.test",
    server: bind.server,
    key: bindKey,
    ...more,
  });
  const set = (all: readonly DnsRecord[]) =>
    bind.update([
      ...["A", "AAAA", "CNAME"].map((type) => `update delete ${name} ${type}`),
      ...all.map(({ type, value, ttl }) => `update add ${name}. ${ttl} ${type} ${value}`),
    ]);

  dnsContract("a real BIND, by dynamic update", async () => ({
    name,
    provider: provider(settings()),
    set,
    end: async () => undefined,
  }));

  it.each([
    [
      "another secret",
      () => ({ key: { ...bindKey, secret: Buffer.from("another").toString("base64") } }),
      /BADSIG/,
    ],
    ["a key that it does not know", () => ({ key: { ...bindKey, name: "nobody" } }), /BADKEY/],
    ["another zone", () => ({ zone: "elsewhere.test" }), /NOTAUTH|REFUSED|NOTZONE/],
    ["a key that may not change the zone", () => ({ key: { ...bindKey, name: "stranger" } }), /REFUSED/],
  ])("refuses %s, and has changed nothing", async (_, more, because) => {
    const was: DnsRecord[] = [{ type: "A", value: "192.0.2.1", ttl: 300 }];
    await set(was);
    const change = provider(settings(more())).change({ name, was, to: [], key: "k" }, never);
    await expect(change).rejects.toMatchObject(refuses(because));
    expect(await provider(settings()).read(name, never)).toEqual(was);
  });

  it("does not believe a clock that is an hour off, nor is it believed", async () => {
    await expect(
      provider(settings(), "/", () => Date.now() - 3_600_000).read(name, never),
    ).rejects.toMatchObject(refuses(/BADTIME/));
  });

  it("that is not there is told of", async () => {
    await expect(provider(settings({ server: "127.0.0.1:1" })).read(name, never)).rejects.toMatchObject(
      refuses(/nobody answers there as a name server/),
    );
  });
});
