/** A duration for people: "320 ms", "4.2 s", "3 m 20 s", "2 h 5 m", "3 d 4 h". @param ms Milliseconds. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return twoParts(Math.floor(seconds / 60), "m", seconds % 60, "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return twoParts(Math.floor(minutes / 60), "h", minutes % 60, "m");
  const hours = Math.round(minutes / 60);
  return twoParts(Math.floor(hours / 24), "d", hours % 24, "h");
}

const twoParts = (large: number, its: string, small: number, other: string) =>
  small === 0 ? `${large} ${its}` : `${large} ${its} ${small} ${other}`;

/** A number of things: "no rules", "1 rule", "2 rules". */
export const some = (value: number, what: string): string =>
  value === 1 ? `1 ${what}` : `${value === 0 ? "no" : count(value)} ${what}s`;

/** How long ago: "just now", "4 m ago", "in 3 h". */
export function ago(at: number, now: number): string {
  const away = Math.abs(now - at);
  if (away < 10_000) return "just now";
  const [size, word] =
    away < 60_000
      ? [1_000, "s"]
      : away < 3_600_000
        ? [60_000, "m"]
        : away < 86_400_000
          ? [3_600_000, "h"]
          : [86_400_000, "d"];
  const text = `${Math.round(away / size)} ${word}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

/** A share for people: "0 %", "0.4 %", "12 %". @param value 0 to 1. */
export function percent(value: number): string {
  const hundredths = value * 100;
  if (hundredths === 0) return "0 %";
  if (hundredths < 0.01) return "<0.01 %";
  return `${Number(hundredths.toPrecision(hundredths < 1 ? 1 : hundredths < 10 ? 2 : 3))} %`;
}

/** Milliseconds that were measured: "0.8 ms", "123 ms". */
export const millis = (value: number): string => `${Number(value.toPrecision(3))} ms`;

/** A number with its thousands apart. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");

/** Bytes: "812 B", "1.4 MB". */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1_000 ** power).toPrecision(3))} ${units[power]}`;
}

/** Evidence for people: how seldom something healthy would look like this. @param logE Natural logarithm. */
export function evidence(logE: number): string {
  if (logE <= 0) return "none";
  if (logE < Math.log(1e6)) return `1 in ${count(Math.exp(logE))}`;
  return `1 in 10^${Math.floor(logE / Math.LN10)}`;
}
