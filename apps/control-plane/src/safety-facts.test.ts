import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assessSafety, PlaybookSettings } from "@atoms/playbook";
import { fakeClock, fakePlatform, memoryLedger, memoryReleases } from "@atoms/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placesOf } from "./places.js";
import { folderSource, safetyFacts } from "./safety-facts.js";
import { keepSource } from "./source.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "atoms-safety-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const settings = (safety: Record<string, unknown> = {}, variables: Record<string, string> = {}) =>
  PlaybookSettings.parse({
    version: 1,
    service: { name: "shop" },
    rollback: { safety },
    platforms: { local: { variables } },
  });

/** Production serves dpl_1, which a release of the first files made; the folder holds the second files now. */
async function world(
  first: Record<string, string>,
  second: Record<string, string>,
  options: { kept?: boolean } = {},
) {
  const clock = fakeClock(1_000);
  const places = placesOf(join(root, "home"));
  const folder = join(root, "source");
  const put = async (files: Record<string, string>) => {
    await rm(folder, { recursive: true, force: true });
    for (const [path, text] of Object.entries({ "server.js": "", ...files })) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await put(first);
  const { digest } = await keepSource(places, folder, []);
  await put(second);
  const platform = fakePlatform({ clock });
  platform.seed({ id: "dpl_1", createdAt: clock.now() }, { inProduction: true });
  const releases = memoryReleases(memoryLedger());
  if (options.kept !== false)
    await releases.open(
      {
        id: "rel_1",
        service: "shop",
        environment: "production",
        platform: "local",
        strategy: "standard",
        version: "v1",
        state: "released",
        phase: "finish",
        startedBy: { kind: "person", name: "ada", via: "cli" },
        startedAt: 1,
        source: digest,
        candidate: { id: "dpl_1", address: "http://x" },
        split: 1,
      },
      [],
    );
  const facts = (playbook = settings(), variables: Record<string, string> = {}) =>
    safetyFacts(
      {
        settings: playbook,
        platform,
        releases,
        places,
        service: "shop",
        environment: "production",
        source: { known: folderSource(folder, []) },
        variables,
      },
      new AbortController().signal,
    );
  return { clock, platform, facts };
}

describe("the facts of going back", () => {
  it("finds nothing where nothing changed", async () => {
    const { facts } = await world({ "m/1.sql": "a" }, { "m/1.sql": "a" });
    const found = await facts(settings({ migrations: ["m"] }));
    expect(found).toMatchObject({ migrations: { known: [] }, crons: { known: { before: [], after: [] } } });
    expect(assessSafety(found).level).toBe("safe");
  });

  it("finds new, changed and removed migrations, and reads those that are run", async () => {
    const { facts } = await world(
      { "m/1.sql": "a", "m/2.sql": "b", "m/3.sql": "c" },
      { "m/1.sql": "a", "m/2.sql": "B", "m/4.sql": "DROP TABLE a" },
    );
    expect((await facts(settings({ migrations: ["m/*.sql"] }))).migrations).toEqual({
      known: [
        { path: "m/3.sql", change: "removed" },
        { path: "m/2.sql", change: "changed", text: "B" },
        { path: "m/4.sql", change: "new", text: "DROP TABLE a" },
      ],
    });
  });

  it("says so when the setting matches no file, instead of finding every release safe", async () => {
    const { facts } = await world({}, {});
    expect((await facts(settings({ migrations: ["db"] }))).migrations).toEqual({
      unknown: "no file of the source matches rollback.safety.migrations (db)",
    });
  });

  it("reads the crons of both, and says when they cannot be read", async () => {
    const crons = (schedule: string) => JSON.stringify({ crons: [{ path: "/tick", schedule }] });
    const good = await world({ "vercel.json": crons("0 1 * * *") }, { "vercel.json": crons("0 2 * * *") });
    expect((await good.facts()).crons).toEqual({
      known: {
        before: [{ path: "/tick", schedule: "0 1 * * *" }],
        after: [{ path: "/tick", schedule: "0 2 * * *" }],
      },
    });
    const bad = await world({}, { "vercel.json": "{" });
    expect((await bad.facts()).crons).toEqual({ unknown: "vercel.json is not JSON" });
  });

  it("names variables that were changed since, and those that this release changes; never their values", async () => {
    const { clock, platform, facts } = await world({}, {});
    await platform.setVariable("OLD", "1", { secret: false });
    await clock.advance(5_000);
    await platform.setVariable("HAND", "s3cr3t-value", { secret: true });
    await platform.setVariable("MODE", "a", { secret: false });
    const found = await facts(settings({}, { MODE: "b", NEW: "c", HAND: "d" }), { FLAG: "on" });
    expect(found.variables).toEqual({
      known: { changed: ["HAND", "MODE"], willChange: ["FLAG", "MODE", "NEW"] },
    });
    expect(JSON.stringify(found)).not.toContain("s3cr3t-value");
  });

  it("knows no source of a deployment that Atoms did not make", async () => {
    const { facts } = await world({ "m/1.sql": "a" }, { "m/1.sql": "a" }, { kept: false });
    const found = await facts(settings({ migrations: ["m"] }));
    expect(found.migrations).toEqual({ unknown: "Atoms did not make dpl_1, so its source is not known" });
    expect(assessSafety(found).level).toBe("caution");
  });
});
