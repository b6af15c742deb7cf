import { z } from "zod";
import type { LedgerEvent } from "../terms/index.js";

const Actor = z.strictObject({
  kind: z.enum(["person", "token", "atoms"]),
  name: z.string().min(1).max(200),
  via: z.enum(["cli", "api", "dashboard", "slack", "mcp", "schedule", "flow"]),
});

const Line = z.strictObject({
  /** Of this form. */
  v: z.literal(1),
  key: z.string().regex(/^emg_[a-z0-9]{6,40}\/[a-z.-]{3,60}$/),
  kind: z.string().regex(/^(emergency|freeze|rollback|restart|scale|page|door)\.[a-z-]{2,40}$/),
  at: z.number().int().min(0).max(8.64e15),
  actor: Actor,
  service: z.string().min(1).max(100),
  environment: z.string().min(1).max(100),
  data: z.record(z.string(), z.json()),
});

/** One act of the journal: a ledger event that is still to be written down. */
export type JournalLine = LedgerEvent;

/** Writes an act as one line, with its end. */
export const journalText = ({ key, kind, at, actor, service, environment, data }: JournalLine): string =>
  `${JSON.stringify({ v: 1, key, kind, at, actor, service, environment, data })}\n`;

/** What a journal holds: acts in order, and lines that are none. */
export type JournalReading = { acts: JournalLine[]; damaged: { number: number; text: string }[] };

/**
 * Reads a journal. A line that was cut off by a crash, or changed, is told apart, and keeps none of the others back.
 * @param first Number of the first line, for what is told of damaged ones.
 */
export function readJournal(text: string, first = 1): JournalReading {
  const reading: JournalReading = { acts: [], damaged: [] };
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const act = actIn(line);
    if (act === undefined) reading.damaged.push({ number: first + at, text: line });
    else reading.acts.push(act);
  }
  return reading;
}

function actIn(line: string): JournalLine | undefined {
  try {
    const read = Line.safeParse(JSON.parse(line));
    if (!read.success) return undefined;
    const { v: _, ...act } = read.data;
    return act as JournalLine;
  } catch {
    return undefined;
  }
}
