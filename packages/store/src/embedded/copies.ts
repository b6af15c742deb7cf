import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A new copy is due when the newest is older than this, in milliseconds. */
const copyEveryMs = 24 * 60 * 60 * 1_000;
/** How many copies are kept. */
const kept = 3;

/** A copy is named by when it was made: 20260105T120000Z. */
const named = /^\d{8}T\d{6}Z$/;

/** The copies of an embedded store, in a folder beside its data. */
export interface Copies {
  /** Where a copy made now goes, when one is due. */
  due(now: number): string | undefined;
  /** The newest, if there is any. */
  newest(): string | undefined;
  /** Removes all but the newest few, and what was left half made. */
  prune(): void;
}

/** @param home The store's folder. */
export function copiesOf(home: string): Copies {
  const folder = join(home, "copies");
  const names = () => {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  };
  const whole = () => names().filter((name) => named.test(name));
  return {
    due(now) {
      const last = whole().at(-1);
      if (last !== undefined && last > nameAt(now - copyEveryMs)) return undefined;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return join(folder, nameAt(now));
    },
    newest() {
      const last = whole().at(-1);
      return last === undefined ? undefined : join(folder, last);
    },
    prune() {
      const keep = new Set(whole().slice(-kept));
      for (const name of names())
        if (!keep.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
    },
  };
}

function nameAt(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
}
