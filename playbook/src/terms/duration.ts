// What a length of time looks like in writing. Apart from the schemas, since a command that only shows one must be quick.

/** A number as people write it, in a pattern. */
export const number = String.raw`\d+(?:\.\d+)?`;
const milliseconds = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

// Units come from large to small, each at most once; the look-ahead refuses the empty word.
/** A duration inside a pattern. */
export const durationBody = [
  String.raw`(?=.*\d)`,
  `(?:(${number}) ?(?:days?|d) ?)?`,
  `(?:(${number}) ?(?:hours?|hrs?|h) ?)?`,
  `(?:(${number}) ?(?:minutes?|mins?|m)(?![a-z]) ?)?`,
  `(?:(${number}) ?(?:seconds?|secs?|s) ?)?`,
  `(?:(${number}) ?(?:milliseconds?|millis|ms))?`,
].join("");
/** What a written duration looks like. */
export const durationPattern = new RegExp(`^${durationBody}$`);
const durationOrder = ["d", "h", "m", "s", "ms"] as const;

/** Reads a written duration. @returns whole milliseconds, or undefined when it is none or beyond 10,000 days. */
export function parseDuration(text: string): number | undefined {
  const found = durationPattern.exec(text.trim());
  if (found === null) return undefined;
  const ms = durationOrder.reduce((sum, unit, i) => sum + Number(found[i + 1] ?? 0) * milliseconds[unit], 0);
  return ms <= 10_000 * milliseconds.d ? Math.round(ms) : undefined;
}

/** Writes milliseconds as people do: `90000` is "1m30s"; `parseDuration` reads it back. */
export function formatDuration(ms: number): string {
  let rest = Math.round(Math.abs(ms));
  let text = "";
  for (const unit of durationOrder) {
    const count = Math.floor(rest / milliseconds[unit]);
    rest -= count * milliseconds[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === "" ? "0s" : `${ms < 0 ? "-" : ""}${text}`;
}
