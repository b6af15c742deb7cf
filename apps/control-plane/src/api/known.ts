import type { Caller } from "../access/index.js";

/** What the API knows of a request that was let in. */
export type Known = { Variables: { caller: Caller } };
