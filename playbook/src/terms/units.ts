import { z } from "zod";
import { durationBody, durationPattern, formatDuration, number, parseDuration } from "./duration.js";

// What a person writes ("5m", "1%", "T-15 minutes") and what the program counts in (milliseconds, fractions, offsets).
// Every schema takes the written form, so that the JSON Schema made from it helps an editor, and gives the number.

const say = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

const durationHelp = (value: unknown) =>
  typeof value === "number"
    ? `expected a duration with its unit, for example ${value}s or ${value}ms, got the bare number ${value}`
    : `expected a duration such as 500ms, 30s, 5m, 1h30m or 1d, got ${say(value)}`;

/** A length of time: "300s", "5m", "1h30m", "2 minutes", "500ms", "1d". Gives whole milliseconds. */
export const Duration = z
  .string({ error: (issue) => durationHelp(issue.input) })
  .regex(durationPattern, { error: (issue) => durationHelp(issue.input) })
  .meta({ unit: "duration", examples: ["30s", "5m", "1h30m"] })
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    context.addIssue({ code: "custom", message: `expected a duration of at most 10000d, got ${say(text)}` });
    return z.NEVER;
  });

/** As `Duration`, but not zero: for intervals and deadlines. */
export const PositiveDuration = Duration.refine((ms) => ms > 0, {
  error: "expected a duration greater than zero, for example 10s",
});

const percentPattern = new RegExp(`^${number} ?%$`);
const percentHelp = (value: unknown) =>
  typeof value === "number" && value > 1
    ? `expected a share such as ${value}% or a fraction from 0 to 1, got ${value} without a percent sign`
    : `expected a percentage from 0% to 100%, such as 1% or 0.5%, or a fraction from 0 to 1, got ${say(value)}`;

/** Reads "1%" or "0.5 %". @returns a fraction, 0 to 1, or undefined when it is none. */
export function parsePercentage(text: string): number | undefined {
  const trimmed = text.trim();
  if (!percentPattern.test(trimmed)) return undefined;
  // Twelve digits undo what binary division leaves behind: 0.3% is 0.003 and not 0.0029999999999999996.
  const fraction = Number((Number.parseFloat(trimmed) / 100).toPrecision(12));
  return fraction <= 1 ? fraction : undefined;
}

/** Writes a fraction as a percentage: `0.005` is "0.5%"; `parsePercentage` reads it back. */
export function formatPercentage(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}

/** A share: "1%", "0.5 %", or a plain fraction from 0 to 1. Gives the fraction. */
export const Percentage = z
  .union(
    [
      z.string().regex(percentPattern, { error: (issue) => percentHelp(issue.input) }),
      z
        .number()
        .min(0, { error: (issue) => percentHelp(issue.input) })
        .max(1, { error: (issue) => percentHelp(issue.input) }),
    ],
    { error: (issue) => percentHelp(issue.input) },
  )
  .meta({ unit: "percentage", examples: ["1%", "0.5%"] })
  .transform((value, context) => {
    const fraction = typeof value === "number" ? value : parsePercentage(value);
    if (fraction !== undefined) return fraction;
    context.addIssue({ code: "custom", message: percentHelp(value) });
    return z.NEVER;
  });

const momentPattern = new RegExp(`^(?:[Ii]mmediate(?:ly)?|[Tt] ?[-+] ?(?:0|${durationBody}))$`);

/** A point in a release, in milliseconds from its start of deployment (negative is before), or at once. */
export type Moment = number | "immediate";

/** Reads "T-15 minutes", "T-0", "T+5 minutes" or "Immediate". @returns undefined when it is none of these. */
export function parseMoment(text: string): Moment | undefined {
  const trimmed = text.trim();
  if (/^immediate(?:ly)?$/i.test(trimmed)) return "immediate";
  const found = /^t ?([-+]) ?(.+)$/i.exec(trimmed);
  if (found === null) return undefined;
  const [, sign, length = ""] = found;
  const ms = length === "0" ? 0 : parseDuration(length);
  if (ms === undefined) return undefined;
  return sign === "-" && ms > 0 ? -ms : ms;
}

/** Writes a moment: `-900000` is "T-15m"; `parseMoment` reads it back. */
export function formatMoment(moment: Moment): string {
  if (moment === "immediate") return "Immediate";
  if (moment === 0) return "T-0";
  return `T${moment < 0 ? "-" : "+"}${formatDuration(Math.abs(moment))}`;
}

const momentHelp = (value: unknown) =>
  `expected a moment such as "T-15 minutes", "T-0", "T+5 minutes" or "Immediate", got ${say(value)}`;

/** A point in a release: "T-15 minutes", "T-0", "T+5 minutes", "Immediate". Gives an offset in milliseconds, or "immediate". */
export const Moment = z
  .string({ error: (issue) => momentHelp(issue.input) })
  .regex(momentPattern, { error: (issue) => momentHelp(issue.input) })
  .meta({ unit: "moment", examples: ["T-15 minutes", "T-0", "Immediate"] })
  .transform((text, context): Moment => {
    const moment = parseMoment(text);
    if (moment !== undefined) return moment;
    context.addIssue({ code: "custom", message: momentHelp(text) });
    return z.NEVER;
  });

const byteUnits = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const bytesPattern = new RegExp(`^(${number}) ?(B|[kK]B|MB|GB|KiB|MiB|GiB)$`);
const bytesHelp = (value: unknown) =>
  `expected a size with its unit, such as 512KiB, 10MB or 1GiB, got ${say(value)}`;

/** Reads "10MB", "512 KiB". @returns whole bytes, or undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const found = bytesPattern.exec(text.trim());
  if (found === null) return undefined;
  const unit = (found[2] === "kB" ? "KB" : found[2]) as keyof typeof byteUnits;
  const bytes = Math.round(Number(found[1]) * byteUnits[unit]);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Writes bytes in the largest unit that loses nothing: `10485760` is "10MiB"; `parseBytes` reads it back. */
export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "GB", "MiB", "MB", "KiB", "KB"] as const)
    if (bytes >= byteUnits[unit] && bytes % byteUnits[unit] === 0) return `${bytes / byteUnits[unit]}${unit}`;
  return `${bytes}B`;
}

/** A size: "10MB", "512KiB", "1GiB". Gives whole bytes. */
export const Bytes = z
  .string({ error: (issue) => bytesHelp(issue.input) })
  .regex(bytesPattern, { error: (issue) => bytesHelp(issue.input) })
  .meta({ unit: "bytes", examples: ["512KiB", "10MB"] })
  .transform((text, context) => {
    const bytes = parseBytes(text);
    if (bytes !== undefined) return bytes;
    context.addIssue({ code: "custom", message: bytesHelp(text) });
    return z.NEVER;
  });
