import { tables } from "./001-tables.js";
import { access } from "./002-access.js";
import { searchAndSlugs } from "./003-search-and-slugs.js";

/**
 * One step of the schema. Steps only add (nullable columns, tables, indexes): during a canary or after a rollback two
 * releases share one schema. A published step is never edited; its checksum is compared at every start.
 */
export interface Migration {
  version: number;
  name: string;
  statements: readonly string[];
}

/** Every step, oldest first. */
export const migrations: readonly Migration[] = [
  { version: 1, name: "tables", statements: tables },
  { version: 2, name: "access", statements: access },
  { version: 3, name: "search-and-slugs", statements: searchAndSlugs },
];
