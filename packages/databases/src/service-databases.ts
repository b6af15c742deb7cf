import { type Clock, type Databases, isEmbeddedAddress } from "@atoms/playbook";
import { embeddedDatabases } from "./embedded/embedded-databases.js";
import { postgresDatabases } from "./postgres-databases.js";

/**
 * The databases of services, by their addresses: of a PostgreSQL server (`postgres://`), or embedded in their service
 * (`pglite+https://`).
 * @param world.path Where PostgreSQL's programs are looked for first; the variable PATH by default.
 */
export function serviceDatabases(world: { clock: Clock; path?: string }): Databases {
  const servers = postgresDatabases(world);
  const embedded = embeddedDatabases(world);
  const of = (url: string) => (isEmbeddedAddress(url) ? embedded : servers);
  return {
    understands: (url) => of(url).understands(url),
    dumpKind: (url) => of(url).dumpKind(url),
    shown: (url) => of(url).shown(url),
    target: (url) => of(url).target(url),
    facts: (url, signal) => of(url).facts(url, signal),
    objects: (url, signal) => of(url).objects(url, signal),
    contents: (url, onTable, signal) => of(url).contents(url, onTable, signal),
    dump: (url, how, signal) => of(url).dump(url, how, signal),
    restore: (url, data, how) => of(url).restore(url, data, how),
    make: (url, how, signal) => of(url).make(url, how, signal),
    drop: (url, signal) => of(url).drop(url, signal),
    swap: (url, fresh, aside, signal) => of(url).swap(url, fresh, aside, signal),
    label: (url, signal) => of(url).label(url, signal),
    setLabel: (url, text, signal) => of(url).setLabel(url, text, signal),
    isEmpty: (url, signal) => of(url).isEmpty(url, signal),
  };
}
