/**
 * One difference between two JSON Schemas.
 * `narrowed`: a value that was right may be wrong now. `widened`: a value may be right that was wrong before.
 * `both`: either, or it cannot be told; what cannot be proven harmless is not taken for it. `extended`: a member was
 * added to an open object, which was free before and has a meaning now. `described`: the same values, told otherwise.
 */
export type SchemaChange = {
  /** Where: `filters.limit`, `tags[]`; empty for the schema itself. */
  path: string;
  effect: "narrowed" | "widened" | "both" | "extended" | "described";
  /** In a few words that follow the path, e.g. "is required now". */
  saw: string;
};
