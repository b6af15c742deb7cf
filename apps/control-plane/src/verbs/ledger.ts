import type { LedgerCheck, LedgerEntry } from "@atoms/playbook";
import { z } from "zod";
import { defineVerb } from "./verb.js";

/** The newest entries of the ledger, oldest of them first. */
export const readLedger = defineVerb({
  name: "read ledger",
  method: "GET",
  role: "viewer",
  path: "/ledger",
  summary: "Read the ledger",
  input: z.strictObject({
    release: z.string().optional(),
    environment: z.string().optional(),
    kind: z.string().optional(),
    after: z.int().min(0).optional(),
    limit: z.int().min(1).max(10_000).default(100),
  }),
  async run(plane, { release, environment, kind, after, limit }): Promise<LedgerEntry[]> {
    const { ledger } = await plane.store();
    return ledger.read({
      limit,
      last: after === undefined,
      ...(release === undefined ? {} : { release }),
      ...(environment === undefined ? {} : { environment }),
      ...(kind === undefined ? {} : { kind }),
      ...(after === undefined ? {} : { after }),
    });
  },
});

/** Recomputes the whole chain. */
export const verifyLedger = defineVerb({
  name: "verify ledger",
  method: "GET",
  role: "viewer",
  path: "/ledger/verify",
  summary: "Check that no entry was changed, removed or put in",
  input: z.strictObject({}),
  async run(plane): Promise<LedgerCheck> {
    const { ledger } = await plane.store();
    return ledger.verify();
  },
});
