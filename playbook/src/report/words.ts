// Numbers and times as a report tells them.

/** A share for people: "0.52%". */
export const share = (value: number): string => `${Number((value * 100).toPrecision(3))}%`;

/** Milliseconds for people: "12.3 ms". */
export const latency = (value: number): string => `${Number(value.toPrecision(3))} ms`;

/** A count for people: "12,345". */
export const whole = (count: number): string => Math.round(count).toLocaleString("en-US");

/** A time in UTC to the second; what is no time is told as such. */
export function when(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? "no time"
    : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A time of day in UTC, to the millisecond. */
export function timeOfDay(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "no time" : date.toISOString().slice(11, 23);
}

/** An estimate with its interval: "0.52% (0.1% to 1.2%)". */
export function estimate(unit: "share" | "ms", value: number, low: number, high: number | null): string {
  const show = unit === "share" ? share : latency;
  const up = high === null || !Number.isFinite(high) ? "no bound" : show(high);
  return `${show(value)} (${show(low)} to ${up})`;
}

/** A moment in UTC to the second; its date only where it is half a day or more from `near`. */
export function clockTime(at: number, near: number): string {
  const text = when(at);
  return Math.abs(at - near) < 43_200_000 ? text.slice(11) || text : text;
}

/** A value with its unit: "0.52%", "12.3 ms". */
export const inUnit = (unit: "share" | "ms", value: number): string =>
  unit === "share" ? share(value) : latency(value);
