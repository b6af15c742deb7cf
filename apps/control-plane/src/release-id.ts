import { randomBytes } from "node:crypto";

// Crockford's base 32: no letters that are taken for figures, and it sorts as the numbers do.
const letters = "0123456789abcdefghjkmnpqrstvwxyz";

/** A release's id: `rel_`, the time in 9 letters, 7 random letters. Ids sort by time; two in one millisecond differ. */
export function newReleaseId(now: number, random: (size: number) => Uint8Array = randomBytes): string {
  let time = "";
  for (let rest = now, i = 0; i < 9; i++, rest = Math.floor(rest / 32))
    time = letters.charAt(rest % 32) + time;
  const tail = Array.from(random(7), (byte) => letters.charAt(byte % 32)).join("");
  return `rel_${time}${tail}`;
}

/** The version stamp of a release: `vYYYYMMDD.HHMMSS` in UTC. */
export function versionAt(now: number): string {
  const [date = "", time = ""] = new Date(now).toISOString().split("T");
  return `v${date.replaceAll("-", "")}.${time.slice(0, 8).replaceAll(":", "")}`;
}
