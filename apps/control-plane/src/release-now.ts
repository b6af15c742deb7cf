import { type LedgerEntry, noSuchRelease, type Release } from "@atoms/playbook";
import { type FollowedRelease, followRelease, type ReleaseNow } from "@atoms/playbook/report";
import type { ControlPlane } from "./control-plane.js";

/** One release by its id. @throws ATM-511 when there is none. */
export async function releaseCalled(plane: ControlPlane, id: string): Promise<Release> {
  const { releases } = await plane.store();
  const release = await releases.get(id);
  if (release === undefined) throw noSuchRelease({ release: id });
  return release;
}

/** Entries that are read at once: one of a canary holds its buckets, and many of them are megabytes. */
const page = 2_000;

/** The entries of a release after a place in the ledger, in order, however many there are. */
export async function* entriesOf(
  plane: ControlPlane,
  release: string,
  after = 0,
): AsyncGenerator<readonly LedgerEntry[]> {
  const { ledger } = await plane.store();
  for (let from = after; ; ) {
    const entries = await ledger.read({ release, after: from, limit: page });
    yield entries;
    if (entries.length < page) return;
    from = entries.at(-1)?.seq ?? from;
  }
}

type Following = { followed: FollowedRelease; after: number };

/** Releases under way that somebody asked about: what was judged once is not judged again at the next question. */
const known = new WeakMap<ControlPlane, Map<string, Promise<Following>>>();
const most = 20;

/** How a release stands at this moment, by its entries in the ledger. */
export async function releaseNow(plane: ControlPlane, { id, state }: Release): Promise<ReleaseNow> {
  const all = known.get(plane) ?? new Map<string, Promise<Following>>();
  known.set(plane, all);
  // One after the other, so that no entry is taken twice.
  const next = goOn(plane, id, all.get(id));
  all.delete(id);
  all.set(id, next);
  for (const old of all.keys()) if (all.size > most) all.delete(old);
  try {
    const { followed } = await next;
    if (state !== "running") all.delete(id);
    return followed.now(plane.clock.now());
  } catch (error) {
    if (all.get(id) === next) all.delete(id);
    throw error;
  }
}

async function goOn(
  plane: ControlPlane,
  release: string,
  before: Promise<Following> | undefined,
): Promise<Following> {
  const following = (await before?.catch(() => undefined)) ?? { followed: followRelease(), after: 0 };
  for await (const entries of entriesOf(plane, release, following.after))
    for (const entry of entries) {
      following.followed.take(entry);
      following.after = entry.seq;
    }
  return following;
}
