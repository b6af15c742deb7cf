import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Proven, Releases } from "@atoms/playbook";
import { z } from "zod";
import type { Places } from "../places.js";
import { writeAtomically } from "../workspace/write-atomically.js";

type Place = { service: string; environment: string };

const fileOf = ({ home }: Places, { service, environment }: Place) =>
  join(home, "proven", `${service}.${environment}.json`);
/** So many are remembered: a rollback never goes further back. */
const most = 20;

/**
 * Remembers beside the store which deployments were proven good, for when the store is away: what was rolled back from is not
 * among them, although its record says that it passed.
 */
export async function rememberProven(places: Places, place: Place, proven: readonly Proven[]): Promise<void> {
  const text = JSON.stringify(proven.slice(0, most));
  const standing = await readFile(fileOf(places, place), "utf8").catch(() => undefined);
  if (standing !== text) await writeAtomically(fileOf(places, place), text, 0o600);
}

/** The same releases; what they prove and disprove is remembered beside the store. */
export function provenBeside(
  releases: Releases,
  places: Places,
  onError: (error: unknown) => void,
): Releases {
  const remember = async (place: Place) => {
    const { service, environment } = place;
    try {
      await rememberProven(places, place, await releases.proven(service, environment, most));
    } catch (error) {
      onError(error);
    }
  };
  return {
    ...releases,
    async prove(proof, events) {
      await releases.prove(proof, events);
      await remember(proof);
    },
    async disprove(service, environment, deployment) {
      await releases.disprove(service, environment, deployment);
      await remember({ service, environment });
    },
  };
}

const Remembered = z.array(
  z.looseObject({
    service: z.string(),
    environment: z.string(),
    deployment: z.string(),
    address: z.string(),
    version: z.string(),
    at: z.number(),
  }),
);

const Record = z.looseObject({
  version: z.string(),
  release: z.string(),
  deployment: z.string(),
  url: z.string(),
  timestamp: z.string(),
});

/**
 * Deployments that were proven good, newest first, without the store: as it was remembered here, else by the records of releases
 * beside the playbook. One that can't be read says nothing.
 */
export async function readProvenBeside(places: Places, place: Place): Promise<Proven[]> {
  try {
    return Remembered.parse(JSON.parse(await readFile(fileOf(places, place), "utf8"))) as Proven[];
  } catch {
    return recordsIn(places, place);
  }
}

async function recordsIn(places: Places, place: Place): Promise<Proven[]> {
  const names = await readdir(places.records).catch(() => []);
  const newest = names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .slice(-most);
  const read = await Promise.all(
    newest.map(async (name): Promise<Proven[]> => {
      try {
        const text = await readFile(join(places.records, name), "utf8");
        const { version, release, deployment, url, timestamp } = Record.parse(JSON.parse(text));
        return [{ ...place, deployment, address: url, version, release, at: Date.parse(timestamp) }];
      } catch {
        return [];
      }
    }),
  );
  return read
    .flat()
    .filter(({ at }) => Number.isFinite(at))
    .toSorted((a, b) => b.at - a.at);
}
