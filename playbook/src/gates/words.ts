import { formatDuration, timeText, type Waiting } from "../terms/index.js";

/** How long was waited, for a refusal; undefined when it was refused at once. */
export const waitedText = (since: number, now: number): string | undefined =>
  now - since < 1_000 ? undefined : formatDuration(Math.round((now - since) / 1_000) * 1_000);

/** Several things in one line, the first few of them. */
export function fewOf(all: readonly string[], most = 3): string {
  const more = all.length - most;
  return `${all.slice(0, most).join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

/** What is waited for, until when, and what then, in one line. */
export function waitsText(waits: readonly Waiting[]): string {
  return waits
    .map(({ gate, because, until, otherwise }) => {
      const how = gate === "approval" ? " (`atoms approve`)" : "";
      return `${because}${how}, until ${timeText(until)}, then ${otherwise === "refuse" ? "it is refused" : "it goes on"}`;
    })
    .join("; and for ");
}
