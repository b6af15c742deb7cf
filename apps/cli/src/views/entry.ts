import type { LedgerEntry } from "@atoms/playbook";
import type { Paint } from "../terminal/terminal.js";

/** One entry of the ledger on one line: place, time, kind, who, and the numbers that led to it. */
export function entryText(entry: LedgerEntry, paint: Paint): string {
  const at = new Date(entry.at).toISOString().replace("T", " ").slice(0, 23);
  const data = Object.entries(entry.data)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${paint.dim(`${key}=`)}${shortly(value)}`)
    .join(" ");
  const who = entry.actor.kind === "atoms" ? "" : ` ${paint.dim("by")} ${entry.actor.name}`;
  return `${String(entry.seq).padStart(5)} ${paint.dim(at)} ${paint.bold(entry.kind.padEnd(18))} ${data}${who}`;
}

function shortly(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
