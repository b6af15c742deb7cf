import type { LedgerEntry } from "../terms/index.js";

// What a ledger entry holds was written by some version of Atoms, not by this one, so nothing is taken for granted.

type Data = LedgerEntry["data"];

/** A member that is text; otherwise the empty text. */
export const textIn = (data: Data, name: string): string => {
  const value = data[name];
  return typeof value === "string" ? value : "";
};

/** A member that is a finite number; otherwise undefined. */
export const numberIn = (data: Data, name: string): number | undefined => {
  const value = data[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
};

/** The texts of a member that is a list; otherwise none. */
export const textsIn = (data: Data, name: string): string[] => {
  const value = data[name];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
};
