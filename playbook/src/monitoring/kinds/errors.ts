import { z } from "zod";
import { formatDuration, type LogLine } from "../../terms/index.js";
import { common, defineKind } from "./kind.js";

/** Lines of a log that one look reads at most. */
const mostLines = 1_000;
/** A line is written down later than it was written: what is younger belongs to the next look. */
const settleMs = 5_000;
/** What is looked at of a line; patterns over more could take for ever. */
const mostCharacters = 2_000;

const Pattern = z
  .string()
  .min(1)
  .max(200)
  .superRefine((text, context) => {
    try {
      new RegExp(text, "i");
    } catch (error) {
      const because =
        error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
      context.addIssue({ code: "custom", message: `expected a regular expression; ${because}` });
    }
    if (/\([^()]*[+*][^()]*\)[+*{]/.test(text))
      context.addIssue({
        code: "custom",
        message: "expected a pattern without a repetition inside a repetition, which could take for ever",
      });
  });

export const errors = defineKind({
  title: "No errors in the log",
  why: "A service says what hurts before its users do; nobody reads logs until it is too late.",
  settings: z.strictObject({
    kind: z.literal("errors"),
    ...common({ interval: 300_000, timeout: 30_000, failures: 1, successes: 1 }),
    patterns: z
      .array(Pattern)
      .default(["\\b(error|fatal|exception|panic|traceback)\\b", "\\bunhandled\\b"])
      .meta({ examples: [["\\bout of memory\\b"]] })
      .describe("Regular expressions, in any case; a line that fits one is an error."),
    levels: z
      .array(z.enum(["error", "warning"]))
      .default(["error"])
      .describe(
        "A line of this level is an error, whatever it says; so is a request that was answered with 5xx.",
      ),
    ignore: z.array(Pattern).default([]).describe("Lines that fit one of these are no error."),
    at_most: z.int().min(0).default(0).describe("Errors between two looks that are borne."),
  }),
  series: ["errors_detected", "errors"],
  limitMs: ({ timeout }) => timeout,
  async look(settings, world) {
    const [lines, previous] = await Promise.all([world.logs(mostLines), world.previous()]);
    const from = Math.max(previous?.at ?? 0, world.at - 2 * settings.interval) - settleMs;
    return judgeLines(
      lines.filter(({ at }) => at >= from && at < world.at - settleMs),
      settings,
      lines.length >= mostLines && (lines[0]?.at ?? 0) > from,
    );
  },
});

/** Judges lines of a log. @param cut Whether there were more of them than could be read. */
export function judgeLines(
  lines: readonly LogLine[],
  {
    patterns,
    levels,
    ignore,
    at_most,
    interval,
  }: {
    patterns: readonly string[];
    levels: readonly string[];
    ignore: readonly string[];
    at_most: number;
    interval: number;
  },
  cut = false,
) {
  const [bad, good] = [patterns, ignore].map((list) => list.map((text) => new RegExp(text, "i")));
  const found = lines.filter(({ level, text, source }) => {
    if (source === "build") return false;
    const line = text.slice(0, mostCharacters);
    if (good?.some((one) => one.test(line)) === true) return false;
    return levels.includes(level) || (source === "runtime" && bad?.some((one) => one.test(line)) === true);
  });
  const values = { errors: found.length, lines: lines.length };
  if (found.length <= at_most) return { outcome: "up" as const, values };
  const last = found.at(-1)?.text ?? "";
  const more = cut ? " or more" : "";
  return {
    outcome: "down" as const,
    values,
    because: `${found.length}${more} ${found.length === 1 ? "error" : "errors"} in the log of about ${formatDuration(interval)}, the last: ${oneLine(last)}`,
  };
}

/** What a service wrote, short and harmless to a terminal. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a service writes must not steer a terminal
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`;
}
