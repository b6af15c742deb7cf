import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackupContents, BackupSettings, takeBackup } from "@atoms/playbook";
import { fakeClock, fakePlatform } from "@atoms/testkit";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openBackupFolder } from "./folder.js";
import { readKey, readOrMakeKey } from "./key.js";
import { openVariables, verifyBackup } from "./verify.js";

const base = mkdtempSync(join(tmpdir(), "atoms-backups-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
let folder = "";
let keyFile = "";
beforeEach(() => {
  folder = join(base, `w${count++}`, "backups");
  keyFile = join(folder, "..", ".atoms", "keys", "backup.agekey");
});
const open = (recipients: string[] = []) => openBackupFolder({ folder, recipients, keyFile });

const at = Date.UTC(2026, 10, 23, 16, 45, 1);
const contents = (change: Partial<BackupContents> = {}): BackupContents => ({
  release: "rel_01abc",
  service: "shop",
  environment: "production",
  platform: "local",
  createdAt: at,
  production: {
    deployment: {
      id: "dpl_1",
      address: "http://shop-1.localhost",
      state: "ready",
      production: true,
      createdAt: 1,
      version: "v1",
    },
    hosts: ["http://shop.localhost"],
    autoAssign: false,
  },
  aliases: [{ host: "shop.localhost", deployment: "dpl_1" }],
  variables: [
    {
      key: "DATABASE_URL",
      targets: ["production"],
      readable: true,
      value: "postgres://u:correct-horse@db/x",
    },
    { key: "SIGNING_KEY", targets: ["production", "preview"], readable: false },
    { key: "MODE", targets: ["production"], readable: true, value: "staple-battery" },
  ],
  ...change,
});
const everythingIn = (path: string): string =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => readFileSync(join(one.parentPath, one.name), "latin1"))
    .join("\n");
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("a backup", () => {
  it("holds what production was, and says what it holds", async () => {
    const backup = await open().write(contents());
    expect(backup.id).toBe("deploy_20261123_164501_rel_01abc");
    expect(readdirSync(backup.folder).sort()).toEqual([
      "deployment.json",
      "manifest.json",
      "production.json",
      "variables.age",
      "variables.json",
    ]);
    const json = (name: string) => JSON.parse(readFileSync(join(backup.folder, name), "utf8"));
    expect(json("deployment.json")).toMatchObject({
      id: "dpl_1",
      address: "http://shop-1.localhost",
      version: "v1",
    });
    expect(json("production.json")).toEqual({
      deployment: "dpl_1",
      hosts: ["http://shop.localhost"],
      autoAssign: false,
      aliases: [{ host: "shop.localhost", deployment: "dpl_1" }],
    });
    expect(json("variables.json")).toContainEqual({
      key: "SIGNING_KEY",
      targets: ["production", "preview"],
      readable: false,
    });
    expect(backup.manifest).toMatchObject({
      release: "rel_01abc",
      created_at: "2026-11-23T16:45:01.000Z",
      variables: { kept: ["DATABASE_URL", "MODE"], not_restorable: ["SIGNING_KEY"] },
    });
    expect(json("manifest.json")).toEqual(backup.manifest);
  });

  it("never has a secret in plain text, and is its owner's only", async () => {
    const backup = await open().write(contents());
    const text = everythingIn(join(folder, ".."));
    for (const secret of ["correct-horse", "staple-battery"]) expect(text).not.toContain(secret);
    expect(modeOf(folder)).toBe("700");
    expect(modeOf(backup.folder)).toBe("700");
    for (const name of readdirSync(backup.folder)) expect(modeOf(join(backup.folder, name))).toBe("600");
    expect(modeOf(keyFile)).toBe("600");
    expect(modeOf(join(keyFile, ".."))).toBe("700");
  });

  it("makes a key once, says so once, and opens with it", async () => {
    const first = await open().write(contents());
    expect(first.keyMade).toBe(keyFile);
    const second = await open().write(contents({ release: "rel_2", createdAt: at + 1_000 }));
    expect(second).not.toHaveProperty("keyMade");
    const { identity, recipient } = await readKey(keyFile);
    expect(second.manifest.recipients).toEqual([recipient]);
    for (const { folder: path } of [first, second])
      expect(await openVariables(path, identity)).toEqual([
        { key: "DATABASE_URL", targets: ["production"], value: "postgres://u:correct-horse@db/x" },
        { key: "MODE", targets: ["production"], value: "staple-battery" },
      ]);
  });

  it("opens for every recipient, and for nobody else; makes no key then", async () => {
    const people = await Promise.all([1, 2, 3].map(() => generateX25519Identity()));
    const recipients = await Promise.all(people.slice(0, 2).map((one) => identityToRecipient(one)));
    const backup = await open(recipients).write(contents());
    for (const one of people.slice(0, 2))
      expect(await verifyBackup(backup.folder, one)).toMatchObject({
        intact: true,
        values: "opened",
        files: 4,
      });
    await expect(verifyBackup(backup.folder, people[2])).rejects.toMatchObject({ code: "ATM-805" });
    expect(() => statSync(keyFile)).toThrow();
  });

  it("needs no key when there is no value to keep, as before the first release", async () => {
    const backup = await open().write(
      contents({ production: { hosts: [], autoAssign: true }, aliases: [], variables: [] }),
    );
    expect(backup.manifest).toMatchObject({ deployment: null, recipients: [] });
    expect(readdirSync(backup.folder)).not.toContain("variables.age");
    expect(await verifyBackup(backup.folder, "whatever")).toMatchObject({
      intact: true,
      values: "nothing kept",
    });
    expect(() => statSync(keyFile)).toThrow();
  });

  it("is the same one for a release that asks again", async () => {
    const store = open();
    const { keyMade: _, ...backup } = await store.write(contents());
    expect(await store.find("rel_01abc")).toEqual(backup);
    expect(await store.find("rel_01ab")).toBeUndefined();
    expect(await store.find("abc")).toBeUndefined();
  });

  it("is not found when it is damaged, and is written anew", async () => {
    const store = open();
    const { folder: path } = await store.write(contents());
    rmSync(join(path, "production.json"));
    expect(await store.find("rel_01abc")).toBeUndefined();
    await store.write(contents());
    expect(await store.find("rel_01abc")).toMatchObject({ folder: path });
    expect(readdirSync(folder).sort()).toEqual([".gitignore", "deploy_20261123_164501_rel_01abc"]);
  });
});

describe("verifyBackup", () => {
  it.each([
    {
      what: "a changed byte",
      harm: (p: string) =>
        writeFileSync(
          join(p, "deployment.json"),
          readFileSync(join(p, "deployment.json"), "utf8").replace("dpl_1", "dpl_2"),
        ),
      fault: "deployment.json was changed",
    },
    {
      what: "a longer file",
      harm: (p: string) => appendFileSync(join(p, "variables.age"), "x"),
      fault: /variables\.age has \d+ bytes instead of \d+/,
    },
    {
      what: "a lost file",
      harm: (p: string) => rmSync(join(p, "variables.json")),
      fault: "variables.json is gone",
    },
    {
      what: "an added file",
      harm: (p: string) => writeFileSync(join(p, "extra"), ""),
      fault: "extra does not belong to it",
    },
    {
      what: "a folder for a file",
      harm: (p: string) => {
        rmSync(join(p, "production.json"));
        mkdirSync(join(p, "production.json"));
      },
      fault: "production.json is no file",
    },
    {
      what: "a broken manifest",
      harm: (p: string) => writeFileSync(join(p, "manifest.json"), "{"),
      fault: "manifest.json is not as a backup writes it",
    },
    {
      what: "a manifest that leads elsewhere",
      harm: (p: string) =>
        writeFileSync(
          join(p, "manifest.json"),
          readFileSync(join(p, "manifest.json"), "utf8").replace('"deployment.json"', '"../../secret"'),
        ),
      fault: /names \.\.\/\.\.\/secret, which is no file of a backup/,
    },
  ])("finds $what", async ({ harm, fault }) => {
    const { folder: path } = await open().write(contents());
    harm(path);
    const check = await verifyBackup(path);
    expect(check.intact).toBe(false);
    expect((check as { faults: string[] }).faults.join("; ")).toMatch(fault);
    const { identity } = await readKey(keyFile);
    await expect(openVariables(path, identity)).rejects.toMatchObject({ code: "ATM-802" });
  });

  it("knows what is no backup", async () => {
    mkdirSync(folder, { recursive: true });
    await expect(verifyBackup(folder)).rejects.toMatchObject({ code: "ATM-801" });
    await expect(verifyBackup(join(folder, "none"))).rejects.toMatchObject({ code: "ATM-801" });
  });

  it("does not open values without a key", async () => {
    const { folder: path } = await open().write(contents());
    expect(await verifyBackup(path)).toMatchObject({ intact: true, values: "not tried" });
  });
});

describe("the folder", () => {
  it("lists its own, sound or not, and leaves alone what is not its own", async () => {
    const store = open();
    await store.write(contents());
    const { folder: harmed } = await store.write(contents({ release: "rel_2", createdAt: at + 5_000 }));
    writeFileSync(join(harmed, "manifest.json"), "");
    mkdirSync(join(folder, "holiday-photos"));
    expect(
      (await store.list()).map(({ release, createdAt, good }) => ({ release, createdAt, good })),
    ).toEqual([
      { release: "rel_01abc", createdAt: at, good: true },
      { release: "rel_2", createdAt: at + 5_000, good: false },
    ]);
    await expect(store.remove("holiday-photos")).rejects.toBeInstanceOf(TypeError);
    await store.remove("deploy_20261123_164501_rel_01abc");
    await store.remove("deploy_20261123_164501_rel_01abc");
    expect(await store.list()).toHaveLength(1);
    expect(readdirSync(folder)).toContain("holiday-photos");
  });

  it("is empty before the first backup", async () => {
    expect(await open().list()).toEqual([]);
    expect(await open().find("rel_1")).toBeUndefined();
  });

  it("has nothing half written after a failure, and sweeps what a crash left", async () => {
    const store = open(["age1notakey"]);
    await expect(store.write(contents())).rejects.toMatchObject({ code: "ATM-804" });
    expect(readdirSync(folder)).toEqual([".gitignore"]);
    mkdirSync(join(folder, ".draft-old"));
    mkdirSync(join(folder, ".draft-new"));
    utimesSync(join(folder, ".draft-old"), 1, 1);
    await open().write(contents());
    expect(readdirSync(folder).sort()).toEqual([
      ".draft-new",
      ".gitignore",
      "deploy_20261123_164501_rel_01abc",
    ]);
  });

  it("stops when it is told to, leaving nothing", async () => {
    await expect(open().write(contents(), AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    expect(readdirSync(folder)).toEqual([".gitignore"]);
  });

  it("says when the disk refuses", async () => {
    mkdirSync(join(folder, ".."), { recursive: true });
    writeFileSync(folder, "a file");
    await expect(open().write(contents())).rejects.toMatchObject({ code: "ATM-219" });
  });

  it("does not add a .gitignore to a folder that was there before", async () => {
    mkdirSync(folder, { recursive: true });
    await open().write(contents());
    expect(readdirSync(folder)).not.toContain(".gitignore");
  });
});

describe("the key", () => {
  it("is one for all who make it at the same time", async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => readOrMakeKey(keyFile)));
    expect(new Set(made.map((one) => one.identity)).size).toBe(1);
    expect(made.filter((one) => one.made)).toHaveLength(1);
    expect(readdirSync(join(keyFile, ".."))).toEqual(["backup.agekey"]);
  });

  it.each([
    { text: "", because: "there is no key in it" },
    { text: "# only a comment\n", because: "there is no key in it" },
    { text: "AGE-SECRET-KEY-1HUSH\n", because: "what is in it is no AGE-SECRET-KEY" },
  ])("is refused, not replaced and not quoted: $text", async ({ text, because }) => {
    mkdirSync(join(keyFile, ".."), { recursive: true });
    writeFileSync(keyFile, text);
    const error = await open()
      .write(contents())
      .then(
        () => undefined,
        (reason: Error) => reason,
      );
    expect(error).toMatchObject({ code: "ATM-803", happened: expect.stringContaining(because) });
    expect(JSON.stringify(error)).not.toContain("HUSH");
    expect(readFileSync(keyFile, "utf8")).toBe(text);
  });
});

it("the chapter keeps its promises on a real folder: once per release, the oldest go, running ones stay", async () => {
  const platform = fakePlatform({ clock: fakeClock() });
  platform.seed({ id: "dpl_1" }, { inProduction: true });
  await platform.setVariable("MODE", "staple-battery", { secret: false });
  const settings = BackupSettings.parse({ keep: 2 });
  const ports = { platform, store: open(), running: async () => ["rel_1"] };
  const order = (n: number) => ({
    release: `rel_${n}`,
    service: "shop",
    environment: "production",
    platform: "local" as const,
    at: at + n * 1_000,
  });
  for (const n of [1, 2, 3, 4]) await takeBackup(settings, ports, order(n));
  const again = await takeBackup(settings, ports, order(4));
  expect(again.again).toBe(true);
  expect((await ports.store.list()).map((one) => one.release)).toEqual(["rel_1", "rel_3", "rel_4"]);
  const { identity } = await readKey(keyFile);
  expect(await openVariables(again.backup.folder, identity)).toMatchObject([
    { key: "MODE", value: "staple-battery" },
  ]);
});
