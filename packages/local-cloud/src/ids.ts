import { randomBytes } from "node:crypto";

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
const HOST_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Draws random bytes; replaced in tests that need the same ids twice. */
export type Random = (size: number) => Uint8Array;

const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

/** The system's random bytes, fetched many at a time; none is given out twice. */
export const systemRandom: Random = (size) => {
  if (size > POOL_BYTES) return randomBytes(size);
  // A new pool rather than a refilled one: what was given out before stays as it is.
  if (pool.length < size) pool = randomBytes(POOL_BYTES);
  const given = pool.subarray(0, size);
  pool = pool.subarray(size);
  return given;
};

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
