import { ledger } from "./0001-ledger.js";
import { releases } from "./0002-releases.js";
import { outbox } from "./0003-outbox.js";
import { append } from "./0004-append.js";

/** One numbered change of the tables. Never edited once released: a new one is added instead. */
export interface Migration {
  id: number;
  name: string;
  sql: string;
}

/** Every migration, in order. */
export const migrations: readonly Migration[] = [
  { id: 1, name: "0001-ledger", sql: ledger },
  { id: 2, name: "0002-releases", sql: releases },
  { id: 3, name: "0003-outbox", sql: outbox },
  { id: 4, name: "0004-append", sql: append },
];
