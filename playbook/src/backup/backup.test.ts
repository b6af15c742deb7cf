import { fakeClock, fakePlatform } from "@atoms/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partVariables, tellBackup, toPrune } from "./decide.js";
import type { Backup, BackupContents, BackupEntry } from "./model.js";
import type { BackupStore } from "./ports.js";
import { BackupSettings } from "./settings.js";
import { takeBackup } from "./take.js";

const entry = (createdAt: number, good = true): BackupEntry => ({
  id: `b${createdAt}`,
  folder: `/b/b${createdAt}`,
  release: `r${createdAt}`,
  createdAt,
  good,
});

describe("toPrune", () => {
  it.each([
    { name: "few enough", have: [1, 2, 3].map((at) => entry(at)), keep: 3, held: [], gone: [] },
    {
      name: "the oldest go",
      have: [2, 4, 1, 3].map((at) => entry(at)),
      keep: 2,
      held: [],
      gone: ["b1", "b2"],
    },
    {
      name: "a running release keeps its own",
      have: [1, 2, 3].map((at) => entry(at)),
      keep: 1,
      held: ["r1"],
      gone: ["b2"],
    },
    {
      name: "the newest good one stays",
      have: [entry(1), entry(2), entry(3, false), entry(4, false)],
      keep: 1,
      held: [],
      gone: ["b1", "b3"],
    },
    { name: "nothing there", have: [], keep: 1, held: [], gone: [] },
  ])("$name", ({ have, keep, held, gone }) => {
    expect(toPrune(have, { keep, held })).toEqual(gone);
  });

  it("never takes the newest good one, a held one, or more than it must", () => {
    const entries = fc.uniqueArray(
      fc.record({ createdAt: fc.integer({ min: 0, max: 50 }), good: fc.boolean() }),
      { selector: (one) => one.createdAt, maxLength: 20 },
    );
    fc.assert(
      fc.property(
        entries,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 50 }),
        (raw, keep, heldAt) => {
          const have = raw.map((one) => entry(one.createdAt, one.good));
          const gone = toPrune(have, { keep, held: [`r${heldAt}`] });
          const left = have.filter((one) => !gone.includes(one.id));
          expect(left.length).toBeGreaterThanOrEqual(Math.min(keep, have.length));
          expect(left.length).toBeLessThanOrEqual(keep + 2);
          expect(gone).not.toContain(`b${heldAt}`);
          const newest = Math.max(...have.filter((one) => one.good).map((one) => one.createdAt));
          if (Number.isFinite(newest)) expect(left.map((one) => one.id)).toContain(`b${newest}`);
        },
      ),
    );
  });
});

it("keeps only values it was shown", () => {
  const variables = [
    { key: "B", targets: ["production", "preview"], readable: true, value: "2" },
    { key: "A", targets: ["production"], readable: true, value: "" },
    { key: "SECRET", targets: ["production"], readable: false },
    { key: "SECRET", targets: ["preview"], readable: false },
  ];
  expect(partVariables(variables)).toEqual({
    kept: [
      { key: "A", targets: ["production"], value: "" },
      { key: "B", targets: ["preview", "production"], value: "2" },
    ],
    notRestorable: ["SECRET"],
  });
});

const settings = BackupSettings.parse({});
const order = {
  release: "rel_1",
  service: "shop",
  environment: "production",
  platform: "local" as const,
  at: 1_000,
};

/** Backups in memory, which remember what they were given. */
function memoryStore(options: { removeFails?: boolean } = {}) {
  const written: BackupContents[] = [];
  const kept = new Map<string, Backup>();
  const store: BackupStore = {
    find: async (release) => [...kept.values()].find((one) => one.manifest.release === release),
    async write(contents) {
      written.push(contents);
      const { kept: names, notRestorable } = partVariables(contents.variables);
      const { id, address } = contents.production.deployment ?? {};
      const backup: Backup = {
        id: `b${contents.createdAt}`,
        folder: `/b/b${contents.createdAt}`,
        digest: "",
        manifest: {
          format: 1,
          release: contents.release,
          service: contents.service,
          environment: contents.environment,
          platform: contents.platform,
          created_at: new Date(contents.createdAt).toISOString(),
          deployment: id === undefined || address === undefined ? null : { id, address },
          variables: { kept: names.map((one) => one.key), not_restorable: notRestorable },
          recipients: [],
          files: [],
        },
      };
      kept.set(backup.id, backup);
      return backup;
    },
    list: async () =>
      [...kept.values()].map((one) => ({
        id: one.id,
        folder: one.folder,
        release: one.manifest.release,
        createdAt: Date.parse(one.manifest.created_at),
        good: true,
      })),
    async remove(id) {
      if (options.removeFails === true) throw new Error("busy");
      kept.delete(id);
    },
  };
  return { store, written, kept };
}

describe("takeBackup", () => {
  it("keeps what production is, and returns the first backup when it runs again", async () => {
    const platform = fakePlatform({ clock: fakeClock() });
    platform.seed({ id: "dpl_1" }, { inProduction: true });
    await platform.setVariable("MODE", "fast", { secret: false });
    await platform.setVariable("KEY", "hush", { secret: true });
    const { store, written } = memoryStore();
    const ports = { platform, store, running: async () => [] };
    const first = await takeBackup(settings, ports, order);
    expect(first).toMatchObject({
      again: false,
      backup: {
        manifest: { deployment: { id: "dpl_1" }, variables: { kept: ["MODE"], not_restorable: ["KEY"] } },
      },
    });
    platform.seed({ id: "dpl_2" }, { inProduction: true });
    const second = await takeBackup(settings, ports, { ...order, at: 9_000 });
    expect(second).toEqual({ ...first, again: true });
    expect(written).toHaveLength(1);
  });

  it("works before the first release", async () => {
    const { store } = memoryStore();
    const { backup } = await takeBackup(
      settings,
      { platform: fakePlatform({ clock: fakeClock() }), store, running: async () => [] },
      order,
    );
    expect(tellBackup(backup)).toBe("Production served nothing yet. No variable had a value to keep.");
  });

  it("prunes after writing, sparing running releases", async () => {
    const { store, kept } = memoryStore();
    const ports = { platform: fakePlatform({ clock: fakeClock() }), store, running: async () => ["rel_1"] };
    for (const n of [1, 2, 3, 4])
      await takeBackup({ ...settings, keep: 2 }, ports, { ...order, release: `rel_${n}`, at: n });
    expect([...kept.keys()]).toEqual(["b1", "b3", "b4"]);
  });

  it("is not undone by an old backup that cannot be removed", async () => {
    const { store } = memoryStore({ removeFails: true });
    const ports = { platform: fakePlatform({ clock: fakeClock() }), store, running: async () => [] };
    await takeBackup({ ...settings, keep: 1 }, ports, order);
    const second = await takeBackup({ ...settings, keep: 1 }, ports, {
      ...order,
      release: "rel_2",
      at: 2_000,
    });
    expect(second).toMatchObject({ again: false, pruned: [], notPruned: ["b1000"] });
  });
});

describe("tellBackup", () => {
  const manifest = {
    format: 1 as const,
    release: "rel_1",
    service: "shop",
    environment: "production",
    platform: "vercel" as const,
    created_at: "2026-01-01T00:00:00Z",
    deployment: { id: "dpl_1", address: "https://x", version: "v20260101.000000" },
    variables: { kept: ["A", "B"], not_restorable: ["KEY"] },
    recipients: ["age1x"],
    files: [],
  };
  it("says what is kept, what cannot be, and where a new key is", () => {
    expect(tellBackup({ id: "b", folder: "/b", digest: "", manifest, keyMade: "/k" })).toBe(
      "Production served v20260101.000000. 2 variables are kept, encrypted. Not restorable, because the platform shows them to nobody: KEY. A key to read them was made at /k; keep a copy elsewhere, without it they cannot be read.",
    );
  });
});

describe("BackupSettings", () => {
  it.each([{ recipients: ["ssh-ed25519 AAAA"] }, { keep: 0 }, { folder: "" }, { recipient: "age1x" }])(
    "refuses %j",
    (input) => expect(BackupSettings.safeParse(input).success).toBe(false),
  );
});
