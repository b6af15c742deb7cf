import { ledger } from "./0001-ledger.js";
import { releases } from "./0002-releases.js";
import { outbox } from "./0003-outbox.js";
import { append } from "./0004-append.js";
import { onCall } from "./0005-on-call.js";
import { samples } from "./0006-samples.js";
import { slots } from "./0007-slots.js";
import { delivery } from "./0008-delivery.js";
import { alerts } from "./0009-alerts.js";
import { heartbeats } from "./0010-heartbeats.js";
import { access } from "./0011-access.js";
import { incidents } from "./0012-incidents.js";
import { ledgerEnvironment } from "./0013-ledger-environment.js";

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
  { id: 5, name: "0005-on-call", sql: onCall },
  { id: 6, name: "0006-samples", sql: samples },
  { id: 7, name: "0007-slots", sql: slots },
  { id: 8, name: "0008-delivery", sql: delivery },
  { id: 9, name: "0009-alerts", sql: alerts },
  { id: 10, name: "0010-heartbeats", sql: heartbeats },
  { id: 11, name: "0011-access", sql: access },
  { id: 12, name: "0012-incidents", sql: incidents },
  { id: 13, name: "0013-ledger-environment", sql: ledgerEnvironment },
];
