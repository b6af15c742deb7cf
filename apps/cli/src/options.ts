import { parseDuration } from "@atoms/playbook/duration";
import { defineProblem } from "@atoms/playbook/problem";

/** ATM-921 */
export const optionMistaken = defineProblem<{ option: string; given: string; wanted: string }>({
  code: "ATM-921",
  title: "An option was not understood",
  happened: (a) => `${a.option} was given ${JSON.stringify(a.given)}; expected ${a.wanted}.`,
  fix: () => "The command's `--help` has examples.",
  ending: "usage",
});

/** Reads a whole number from an option. @throws ATM-921 when it is none or out of bounds. */
export function wholeNumber(value: unknown, option: string, least: number, most: number): number {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw optionMistaken({ option, given: String(value), wanted: `a whole number from ${least} to ${most}` });
}

/** Reads a duration from 1 s to 30 days. @returns milliseconds. @throws ATM-921 when it is none. */
export function durationOf(value: unknown, option: string): number {
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms !== undefined && ms >= 1_000 && ms <= 30 * 86_400_000) return ms;
  throw optionMistaken({
    option,
    given: typeof value === "string" ? value : "",
    wanted: "a duration from 1s to 30d, such as 2h",
  });
}

/**
 * Reads a moment: how long ago, or a date and time, in UTC where no zone is given.
 * @returns it as ISO 8601. @throws ATM-921 when it is none.
 */
export function momentOf(value: unknown, option: string, now: number): string {
  const given = typeof value === "string" ? value.trim() : "";
  const ago = parseDuration(given);
  const dated = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(given);
  const timed = given.replace(" ", "T");
  const at =
    ago !== undefined
      ? now - ago
      : dated === null
        ? Number.NaN
        : Date.parse(dated[1] === undefined || dated[4] !== undefined ? timed : `${timed}Z`);
  if (Number.isFinite(at)) return new Date(at).toISOString();
  throw optionMistaken({ option, given, wanted: "a moment, such as 2h (ago) or 2026-11-23T03:00:00Z" });
}

/** Reads `KEY=VALUE` pairs. @throws ATM-921 for one that is none. */
export function pairs(values: unknown, option: string): Record<string, string> {
  const list = Array.isArray(values) ? (values as string[]) : [];
  return Object.fromEntries(
    list.map((pair) => {
      const at = pair.indexOf("=");
      const key = pair.slice(0, at);
      if (at < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
        throw optionMistaken({ option, given: at < 1 ? pair : key, wanted: "KEY=VALUE" });
      }
      return [key, pair.slice(at + 1)];
    }),
  );
}

/** The gates that a command line goes past, each with its reason. @throws ATM-921 for a reason that says nothing. */
export function overridesIn(options: Record<string, unknown>): {
  freeze?: string;
  pin?: string;
  incident?: string;
  "emergency-freeze"?: string;
} {
  const given = {
    freeze: options["overrideFreeze"],
    pin: options["overridePin"],
    incident: options["overrideIncident"],
    "emergency-freeze": options["overrideEmergencyFreeze"],
  };
  for (const [gate, reason] of Object.entries(given))
    if (reason !== undefined && (typeof reason !== "string" || reason.trim().length < 3))
      throw optionMistaken({
        option: `--override-${gate}`,
        given: String(reason),
        wanted: "a reason that others will understand",
      });
  return Object.fromEntries(Object.entries(given).filter(([, reason]) => reason !== undefined));
}

/** The values of an option that may be given several times. */
export const gathered = (values: unknown): string[] => (Array.isArray(values) ? (values as string[]) : []);

/** Reads one of some words. @throws ATM-921 when it is none of them. */
export function oneOf<T extends string>(value: string, option: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found === undefined)
    throw optionMistaken({ option, given: value, wanted: `one of ${words.join(", ")}` });
  return found;
}
