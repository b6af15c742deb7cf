import { describe, expect, it } from "vitest";
import { breaches, PlaybookSettings } from "../settings.js";
import type { DumpKind } from "./embedded.js";
import type { FullBackup } from "./model.js";
import type { Databases, FullBackupPorts } from "./ports.js";
import { databaseIn, lookAtTarget, verifyFullBackup } from "./restore.js";

const embedded = "pglite+https://:a-secret-token@shop.example/database";
const server = "postgres://shop@db.example/shop";

const mistakes = (more: object) =>
  breaches(PlaybookSettings.parse({ version: 1, service: { name: "shop" }, ...more })).map(
    ({ path, message }) => `${path.join(".")} ${message}`,
  );
const databases = { main: { url: embedded }, other: { url: server } };

describe("what a playbook may ask of an embedded database", () => {
  it("is to be backed up, beside others, and on a schedule", () => {
    expect(mistakes({ backup: { databases, schedule: { at: "03:00" } } })).toEqual([]);
  });

  it.each([
    { what: "a vacuum", more: { maintenance: { tasks: [{ name: "v", kind: "vacuum", database: "main" }] } } },
    { what: "a flag", more: { maintenance: { flag: { database: "main" } } } },
    { what: "a recovery", more: { recovery: { databases: { main: { status: "a.b" } } } } },
    {
      what: "a role's password",
      more: {
        recovery: {
          security_breach: {
            secrets: [{ kind: "postgres_password", variable: "DATABASE_URL", database: "main" }],
          },
        },
      },
    },
  ])("is not $what, and says what works instead", ({ more }) => {
    const found = mistakes({ backup: { databases }, ...more });
    expect(found).toEqual([
      expect.stringMatching(/main|database names an embedded|names an embedded database/),
    ]);
    expect(found[0]).toMatch(/: (use|list|leave) /);
    const onServer = JSON.parse(JSON.stringify(more).replaceAll('"main"', '"other"'));
    expect(mistakes({ backup: { databases }, ...onServer })).not.toContainEqual(
      expect.stringContaining("embedded"),
    );
  });

  it.each([
    { url: "pglite+https://shop.example/database" },
    { url: "pglite+https://:a-secret-token@shop.example/" },
    { url: "pglite+ftp://:a-secret-token@shop.example/database" },
    { url: embedded, scratch_url: server },
    { url: server, scratch_url: embedded },
  ])("is refused as %j, without a word of the token", (one) => {
    const found = mistakes({ backup: { databases: { main: one } } });
    expect(found).toHaveLength(1);
    expect(found.join()).not.toContain("a-secret-token");
  });
});

describe("a dump of one kind", () => {
  const backup = (dump?: DumpKind): FullBackup => ({
    id: "backup_20261128_030405_1f2e",
    digest: "",
    bytes: 1,
    manifest: {
      format: 2,
      id: "backup_20261128_030405_1f2e",
      service: "shop",
      environment: "production",
      platform: "local",
      created_at: "2026-11-28T03:04:05.000Z",
      by: "test",
      variables: { kept: [], not_restorable: [] },
      recipients: [],
      databases: [
        {
          name: "main",
          file: "database-main.dump.age",
          ...(dump === undefined ? {} : { dump }),
          facts: {
            name: "shop",
            where: "h/shop",
            target: "12345678",
            server: "18.1",
            bytes: 1,
            locale: { encoding: "UTF8", collate: "C", ctype: "C" },
          },
          contents: { tables: [], objects: {}, sequences: {} },
        },
      ],
      files: [],
    },
  });
  /** Knows kinds of addresses, and may be asked for nothing else. */
  const kinds = {
    understands: () => true,
    dumpKind: (url: string) => (url === embedded ? "pglite" : "pg_dump"),
    shown: (url: string) => url.replace(/^.*@/, ""),
  } as unknown as Databases;
  const ports = {
    databases: kinds,
    clock: { monotonic: () => 0 },
    vault: {},
  } as unknown as FullBackupPorts;

  it.each([
    { dump: "pglite" as const, url: server, fix: /--into pglite\+https/ },
    { dump: undefined, url: embedded, fix: /--into postgres/ },
    { dump: "pg_dump" as const, url: embedded, fix: /--into postgres/ },
  ])("($dump) is neither tried nor restored in the other", async ({ dump, url, fix }) => {
    const kept = databaseIn(backup(dump), undefined);
    const refusal = { code: "ATM-250", ending: "refused", fix: expect.stringMatching(fix) };
    await expect(lookAtTarget(backup(dump), kept, url, true, ports)).rejects.toMatchObject(refusal);
    const settings = { main: { url, variable: "DATABASE_URL" } };
    await expect(verifyFullBackup(backup(dump), settings, ports)).rejects.toMatchObject(refusal);
  });
});
