export type Level = "debug" | "info" | "warn" | "error";
const ORDER: Record<Level, number> = { debug: 10, info: 20, warn: 30, error: 40 };

/** Writes one event as one JSON line. Callers never pass tokens, cookies, connection strings or record contents. */
export type Log = (level: Level, event: string, fields?: Record<string, unknown>) => void;

/**
 * A log of JSON lines.
 * @param level the least level that is written
 * @param base fields that every line carries
 * @param write receives each finished line, with its newline
 * @param now wall clock, milliseconds
 */
export function jsonLog(
  level: Level,
  base: Record<string, unknown>,
  write: (line: string) => void,
  now: () => number,
): Log {
  return (lineLevel, event, fields = {}) => {
    if (ORDER[lineLevel] < ORDER[level]) return;
    const time = new Date(now()).toISOString();
    write(`${JSON.stringify({ time, level: lineLevel, event, ...base, ...fields })}\n`);
  };
}

/**
 * The part of an error that is safe and useful in a log: its class, its code, and where it was thrown. The message of
 * a database error can quote a row, so for those only the code is kept.
 */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = (error as { code?: unknown }).code;
  const fromDatabase = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code);
  return {
    error: error.name,
    ...(code === undefined ? {} : { code }),
    ...(fromDatabase ? {} : { reason: error.message }),
    at: error.stack
      ?.split("\n")
      .find((line) => line.trimStart().startsWith("at "))
      ?.trim(),
  };
}
