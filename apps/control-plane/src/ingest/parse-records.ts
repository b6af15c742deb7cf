/** What a delivery holds. `garbage`: lines and entries that are no JSON objects. */
export type Parsed = { records: Record<string, unknown>[]; garbage: number };

/**
 * Reads a delivery: a JSON array, one JSON object a line, or a single object (as traces come). Told by the content, for
 * senders name the types of these in many ways.
 * @returns Undefined when it is none of these.
 */
export function parseRecords(text: string): Parsed | undefined {
  const start = text.search(/\S/);
  if (start < 0) return { records: [], garbage: 0 };
  if (text[start] === "[") {
    const all = parsed(text);
    return Array.isArray(all) ? sorted(all) : undefined;
  }
  const end = text.indexOf("\n", start);
  const firstLine = end < 0 ? text : text.slice(start, end);
  const first = parsed(firstLine);
  if (first === undefined) {
    // One object, written over several lines?
    const whole = parsed(text);
    return isRecord(whole) ? { records: [whole], garbage: 0 } : undefined;
  }
  const lines = end < 0 ? [] : text.slice(end + 1).split("\n");
  return sorted([first, ...lines.filter((line) => line.trim() !== "").map(parsed)]);
}

function sorted(all: readonly unknown[]): Parsed {
  const records = all.filter(isRecord);
  return { records, garbage: all.length - records.length };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
