import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Cron,
  type Deployment,
  isProblem,
  type Known,
  type MigrationFile,
  matchesPattern,
  type Platform,
  type PlaybookSettings,
  type Releases,
  type SafetyFacts,
  type SourceFile,
} from "@atoms/playbook";
import { z } from "zod";
import type { Places } from "./places.js";
import { looksSecret } from "./playbook-file/index.js";
import { loadSnapshot, readBlob, walkSource } from "./workspace/index.js";

/** Migrations longer than this are not read; they hold data. */
const longestMigration = 1_000_000;
/** More files than this are no folder of migrations. */
const mostMigrations = 2_000;

/** A source as it is looked into here: its files by path, each with its digest. */
export interface LookedAtSource {
  paths(): Promise<string[]>;
  /** Digest and size of a file; undefined when it is not there. */
  file(path: string): Promise<{ sha1: string; size: number } | undefined>;
  read(path: string): Promise<Uint8Array>;
}

/** A snapshot that Atoms keeps. @throws ATM-217 when it is gone. */
export async function snapshotSource(places: Places, digest: string): Promise<LookedAtSource> {
  const { files } = await loadSnapshot(places.snapshots, digest);
  const byPath = new Map<string, SourceFile>(files.map((file) => [file.path, file]));
  return {
    paths: async () => [...byPath.keys()],
    file: async (path) => byPath.get(path),
    async read(path) {
      const file = byPath.get(path);
      if (file === undefined) throw new Error(`the snapshot has no ${path}`);
      return readBlob(places.blobs, file.sha1, path);
    },
  };
}

/** A folder as it lies there now; nothing of it is kept. */
export function folderSource(folder: string, exclude: readonly string[]): LookedAtSource {
  let entries: ReturnType<typeof walkSource> | undefined;
  const walk = () => {
    entries ??= walkSource(folder, { exclude });
    return entries;
  };
  return {
    paths: async () => (await walk()).map(({ path }) => path),
    async file(path) {
      if (!(await walk()).some((entry) => entry.path === path)) return undefined;
      const bytes = await readFile(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw new NotComparable(`${path} cannot be read`);
      });
      if (bytes === undefined) return undefined;
      return { sha1: createHash("sha1").update(bytes).digest("hex"), size: bytes.length };
    },
    read: (path) => readFile(join(folder, path)),
  };
}

/** Measures what going back from a release of this source would meet. Reads only. */
export async function safetyFacts(
  input: {
    settings: PlaybookSettings;
    platform: Platform;
    releases: Releases;
    places: Places;
    service: string;
    environment: string;
    source: Known<LookedAtSource>;
    /** Variables of this deployment alone. */
    variables: Readonly<Record<string, string>>;
    /** What is released is built already: the playbook's variables are not set for it. */
    built?: boolean;
  },
  signal: AbortSignal,
): Promise<SafetyFacts> {
  const { settings, platform, source } = input;
  const { deployment: stable } = await platform.production(signal);
  const { safety } = settings.rollback;
  const patterns = safety === false ? [] : safety.migrations;
  if (stable === undefined)
    return {
      stable,
      variables: { known: { changed: [], willChange: [] } },
      crons: { known: { before: [], after: [] } },
      migrations: null,
    };
  const before = await sourceOfStable(input, stable);
  return {
    stable: {
      id: stable.id,
      createdAt: stable.createdAt,
      ...(stable.version === undefined ? {} : { version: stable.version }),
    },
    variables: await changedVariables(input, stable, signal),
    crons: await known(before, source, async (was, is) => ({
      before: await cronsOf(was),
      after: await cronsOf(is),
    })),
    migrations:
      patterns.length === 0
        ? null
        : await known(before, source, (was, is) => changedMigrations(was, is, patterns)),
  };
}

async function known<T>(
  before: Known<LookedAtSource>,
  after: Known<LookedAtSource>,
  work: (before: LookedAtSource, after: LookedAtSource) => Promise<T>,
): Promise<Known<T>> {
  if ("unknown" in before) return before;
  if ("unknown" in after) return after;
  try {
    return { known: await work(before.known, after.known) };
  } catch (error) {
    if (error instanceof NotComparable || isProblem(error)) return { unknown: withoutStop(error) };
    throw error;
  }
}

/** Why two sources cannot be held against each other. */
class NotComparable extends Error {}

const withoutStop = (error: Error & { happened?: string }) =>
  (error.happened ?? error.message).replace(/\.$/, "");

/** The source that the stable deployment was made of, as far as Atoms made it and keeps it. */
async function sourceOfStable(
  { releases, places, service, environment }: Parameters<typeof safetyFacts>[0],
  stable: Deployment,
): Promise<Known<LookedAtSource>> {
  const past = await releases.list({ service, environment, limit: 1_000 });
  const made = past.find((release) => release.candidate?.id === stable.id && release.source !== "");
  if (made === undefined) return { unknown: `Atoms did not make ${stable.id}, so its source is not known` };
  try {
    return { known: await snapshotSource(places, made.source) };
  } catch (error) {
    if (!isProblem(error)) throw error;
    return { unknown: `the source of ${stable.id} is no longer kept` };
  }
}

async function changedVariables(
  { settings, platform, variables: own, built }: Parameters<typeof safetyFacts>[0],
  stable: Deployment,
  signal: AbortSignal,
): Promise<SafetyFacts["variables"]> {
  const standing = (await platform.variables({ values: true }, signal)).filter(({ targets }) =>
    targets.includes("production"),
  );
  const changed = standing
    .filter(({ changedAt }) => changedAt !== undefined && changedAt > stable.createdAt)
    .map(({ key }) => key);
  const wanted = built === true ? [] : Object.entries(settings.platforms[settings.platform]?.variables ?? {});
  // A value that the platform does not show is written anew in each release; whether it differs, nobody can see.
  const willChange = wanted
    .filter(([key, value]) => {
      const now = standing.find((variable) => variable.key === key);
      if (now === undefined) return true;
      return now.readable && now.value !== value && !looksSecret(key);
    })
    .map(([key]) => key);
  const all = [...new Set([...willChange, ...Object.keys(own)])].sort();
  return { known: { changed: [...new Set(changed)].sort(), willChange: all } };
}

const CronFile = z.object({
  crons: z.array(z.object({ path: z.string(), schedule: z.string() })).default([]),
});

async function cronsOf(source: LookedAtSource): Promise<Cron[]> {
  if ((await source.file("vercel.json")) === undefined) return [];
  const text = Buffer.from(await source.read("vercel.json")).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new NotComparable("vercel.json is not JSON");
  }
  const read = CronFile.safeParse(value);
  if (!read.success) throw new NotComparable("the crons in vercel.json cannot be read");
  return read.data.crons;
}

async function changedMigrations(
  before: LookedAtSource,
  after: LookedAtSource,
  patterns: readonly string[],
): Promise<MigrationFile[]> {
  const among = (paths: readonly string[]) =>
    paths.filter((path) => patterns.some((pattern) => matchesPattern(path, pattern))).sort();
  const [was, is] = [among(await before.paths()), among(await after.paths())];
  // A pattern that matches nothing would make every release look safe.
  if (was.length + is.length === 0)
    throw new NotComparable(
      `no file of the source matches rollback.safety.migrations (${patterns.join(", ")})`,
    );
  if (is.length > mostMigrations)
    throw new NotComparable(`${is.length} files match rollback.safety.migrations`);
  const found: MigrationFile[] = was
    .filter((path) => !is.includes(path))
    .map((path) => ({ path, change: "removed" }));
  for (const path of is) {
    const [old, now] = [await before.file(path), await after.file(path)];
    if (now === undefined || old?.sha1 === now.sha1) continue;
    const text =
      now.size > longestMigration ? undefined : Buffer.from(await after.read(path)).toString("utf8");
    found.push({
      path,
      change: old === undefined ? "new" : "changed",
      ...(text === undefined ? {} : { text }),
    });
  }
  return found;
}
