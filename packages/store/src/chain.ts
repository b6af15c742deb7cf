import { createHash } from "node:crypto";
import type { LedgerEntry, LedgerEvent } from "@atoms/playbook";

/** The hash that stands before the first entry. */
export const beginning = "0".repeat(64);

/**
 * JSON with keys sorted at every depth and without spaces: one text per value, whoever writes it.
 * Members that are undefined are left out, as `JSON.stringify` does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** SHA-256 in hex over the previous hash and an event's canonical JSON. */
export function chainHash(previous: string, canonicalEvent: string): string {
  return createHash("sha256").update(previous).update(canonicalEvent).digest("hex");
}

/**
 * The event as it can be written down and read back unchanged: PostgreSQL's text holds neither NUL nor half a
 * surrogate pair, so in names both become U+FFFD before the hash is taken. `data` is kept as JSON, whose escapes hold
 * any text.
 */
export function storable(event: LedgerEvent): LedgerEvent {
  const { kind, name, via } = event.actor;
  return {
    key: storableText(event.key),
    kind: storableText(event.kind),
    at: event.at,
    actor: { kind, name, via },
    service: storableText(event.service),
    environment: storableText(event.environment),
    ...(event.release === undefined ? {} : { release: storableText(event.release) }),
    data: JSON.parse(canonicalJson(event.data)) as LedgerEvent["data"],
  };
}

/** The entry that follows `head`, for an event made storable. */
export function link(head: { seq: number; hash: string }, event: LedgerEvent): LedgerEntry {
  return {
    ...event,
    seq: head.seq + 1,
    hash: chainHash(head.hash, canonicalJson(event)),
    previous: head.hash,
  };
}

function storableText(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8").replaceAll("\0", "\uFFFD");
}
