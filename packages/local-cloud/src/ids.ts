import { randomBytes } from "node:crypto";

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
const HOST_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Draws random bytes; replaced in tests that need the same ids twice. */
export type Random = (size: number) => Uint8Array;

export const systemRandom: Random = (size) => randomBytes(size);

/** An id like `dpl_8sKq…` with 24 letters and digits after the prefix. */
export function newId(prefix: string, random: Random): string {
  return `${prefix}_${word(LETTERS, 24, random)}`;
}

/** Letters and digits that are allowed in a host name. */
export function hostWord(length: number, random: Random): string {
  return word(HOST_LETTERS, length, random);
}

function word(letters: string, length: number, random: Random): string {
  let text = "";
  for (const byte of random(length)) text += letters[byte % letters.length];
  return text;
}

/** Turns any name into one label of a host name, at most `max` characters; never empty. */
export function hostLabel(name: string, max = 52): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/-+/g, "-")
    .slice(0, max)
    .replace(/^-|-$/g, "");
  return label === "" ? "project" : label;
}
