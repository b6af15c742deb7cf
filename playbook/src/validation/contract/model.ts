import type { McpGeneration } from "../settings.js";

/** A tool as clients learn it. */
export type ToolContract = {
  name: string;
  title: string;
  description: string;
  /** JSON Schema of its arguments, as listed. */
  input: unknown;
  /** JSON Schema of its structured result; undefined when the tool promises none. */
  output: unknown;
  /** What the tool says of its own effects; only the hints that are set. */
  hints: { [hint: string]: boolean };
};

/** The catalogue that one generation of clients is given. */
export type Listing = {
  /** The revision agreed on, e.g. "2025-11-25". */
  protocol: string;
  tools: ToolContract[];
  /** How long a client may keep the list, in milliseconds, when the server says so (`ttlMs`, 2026 only). */
  ttlMs: number | null;
};

/** What a service promises its clients, in every protocol generation it speaks. */
export type Contract = {
  listings: { generation: McpGeneration; listing: Listing }[];
  /** Generations it does not speak, with what it answered. */
  refused: { generation: McpGeneration; saw: string }[];
};

/** The classes of changes, the gravest first; each has a policy of its own. */
export const changeClasses = [
  "protocol",
  "removed",
  "renamed",
  "narrowed",
  "output",
  "riskier",
  "described",
  "widened",
  "added",
] as const;
export type ChangeClass = (typeof changeClasses)[number];

/** One difference between two contracts, as a client of the first one meets it. */
export type ContractChange = {
  class: ChangeClass;
  /** The tool; for `protocol` the generation of clients. */
  tool: string;
  /** Where in the schema: `filters.limit`, `tags[]`; empty when it is about the tool as a whole. */
  path: string;
  /** In a sentence without its full stop. */
  saw: string;
};

/** Two contracts side by side. Plain data. */
export type ContractComparison = {
  /** Why there is nothing to compare, when there is not. */
  nothing?: string;
  /** Why they could not be compared, when they could not. */
  unread?: string;
  /** What clients of stable meet when the candidate takes over. */
  changes: ContractChange[];
  /** What clients that have learnt the candidate meet when traffic goes back. */
  back: ContractChange[];
  /** Tools of each side, in the generation compared first. */
  tools: { stable: number; candidate: number };
  /** The longest that a client may keep the list it has, in milliseconds; null when the service does not say. */
  ttlMs: { stable: number | null; candidate: number | null };
};
