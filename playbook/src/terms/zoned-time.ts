/** A moment as clocks on a wall show it: no zone, no offset. `month` counts from 1. */
export type WallTime = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format costs far more than using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    era: "short",
  });
  formats.set(zone, made);
  return made;
}

/** Whether this is the IANA name of a time zone that is known here, such as "Europe/Berlin" or "UTC". */
export function isTimeZone(name: string): boolean {
  // Offsets such as "+02:00" are taken by newer runtimes only, and know no daylight saving.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What clocks in a zone show at a moment. @param at Milliseconds since the epoch. */
export function wallTimeAt(at: number, zone: string): WallTime {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const year = Number(parts["year"]);
  return {
    year: parts["era"] === "BC" ? 1 - year : year,
    month: Number(parts["month"]),
    day: Number(parts["day"]),
    hour: Number(parts["hour"]),
    minute: Number(parts["minute"]),
    second: Number(parts["second"]),
  };
}

/** The wall time as if it were UTC, in milliseconds: days and hours can be added to it without any zone. */
export function asUtc({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** No clock change looks further than this: offsets go from -12 to +14 hours. */
const reach = 26 * 3_600_000;

/**
 * The moment at which clocks in a zone show this. Where clocks go back and show it twice, the first; where they go
 * forward and leave it out, as much later as they jump, so that 02:30 becomes 03:30 (as Temporal's "compatible").
 * @param wall A wall time as `asUtc` gives it. @returns Milliseconds since the epoch.
 */
export function momentOf(wall: number, zone: string): number {
  const offsetAt = (at: number) => asUtc(wallTimeAt(at, zone)) - Math.floor(at / 1_000) * 1_000;
  const before = offsetAt(wall - reach);
  const after = offsetAt(wall + reach);
  const fitting = [wall - before, wall - after].filter((at) => at + offsetAt(at) === wall);
  return fitting.length === 0 ? wall - before : Math.min(...fitting);
}

/** A moment for people, in UTC to the minute: "2026-11-27 16:00 UTC". */
export const timeText = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/** Days of the week as people write them; Sunday first, as Date counts. */
export const weekdays: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
