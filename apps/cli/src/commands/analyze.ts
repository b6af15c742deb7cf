import { defineProblem } from "@atoms/playbook/problem";
import type {
  AnalysisSettings,
  Bucket,
  Recording,
  RecordingMistake,
  Replay,
} from "@atoms/playbook/statistics";
import { defineCommand, type Invocation } from "../command.js";

/** ATM-927 */
export const recordingUnreadable = defineProblem<{ file: string; list: string }>({
  code: "ATM-927",
  title: "This is no recording of buckets",
  happened: (a) => `${a.file} can't be judged. ${a.list}.`,
  stillTrue: () => "Nothing was judged.",
  fix: () => "examples/analyze/README.md describes the format, and the files beside it are recordings.",
  ending: "usage",
});

/** ATM-929 */
export const nothingToAnalyze = defineProblem({
  code: "ATM-929",
  title: "Nothing was named to analyze",
  happened: () => "Neither a file nor a release was given.",
  fix: () => "`atoms analyze <file>`, or `atoms analyze --release <id>`.",
  ending: "usage",
});

const endings = { pass: "done", fail: "failed", inconclusive: "inconclusive" } as const;

/** Most that a recording may weigh, in bytes: about a day of one-second buckets. */
const heaviest = 256 * 1024 * 1024;

export const analyze = defineCommand({
  name: "analyze",
  summary: "Judge recorded buckets of a canary again, offline",
  args: ["[file]"],
  options: [{ flags: "--release <id>", summary: "replay a release from the ledger instead of a file" }],
  examples: [
    "atoms analyze examples/analyze/failing-more.ndjson",
    "atoms analyze --release rel_1jd0q…",
    "atoms analyze recording.json --json | jq '.report.guardrails[].evidence'",
  ],
  more: [
    "The same buckets always give the same verdict. The file is JSON, or NDJSON with a header in its first line;",
    "examples/analyze/README.md describes it. Exit codes: 0 pass, 1 fail, 5 inconclusive, 2 the file is no recording.",
  ].join("\n"),
  async run(invocation) {
    const { args, terminal, cwd, options } = invocation;
    const { replay } = await import("@atoms/playbook/statistics");
    const { replayText } = await import("../views/replay.js");
    const { resolve } = await import("node:path");
    const { release } = options;
    const given = typeof release === "string" ? release : args[0];
    if (given === undefined) throw nothingToAnalyze();
    const recording =
      typeof release === "string"
        ? await recorded(invocation, release)
        : await load(resolve(cwd, given), given);
    const replayed = judge(recording, given, replay);
    terminal.result(replayed);
    if (!terminal.json) terminal.say(replayText(replayed, recording, terminal.paint));
    return endings[replayed.verdict.kind];
  },
});

/** What the ledger holds of a release. @throws ATM-928 when it measured nothing. */
async function recorded(invocation: Invocation, release: string): Promise<Recording> {
  const { recordingOf } = await import("@atoms/playbook/report");
  const { nothingRecorded } = await import("../problems.js");
  const { entriesOf } = await import("../release-entries.js");
  const { withSession } = await import("../session.js");
  const entries = await withSession(invocation, "read", (ask) => entriesOf(ask, release));
  const recording = recordingOf(entries);
  if (recording === undefined) throw nothingRecorded({ release });
  return recording;
}

async function load(path: string, given: string): Promise<Recording> {
  const { readRecording } = await import("@atoms/playbook/statistics");
  const { readFile, stat } = await import("node:fs/promises");
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > heaviest)
      return refuse(given, [
        { place: "the file", message: `weighs ${size} bytes; at most ${heaviest} are read` },
      ]);
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const because =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : String(code);
    return refuse(given, [{ place: "the file", message: `can't be read: ${because}` }]);
  }
  const read = readRecording(text);
  return "recording" in read ? read.recording : refuse(given, read.mistakes);
}

type Judge = (settings: AnalysisSettings, buckets: readonly Bucket[]) => Replay;

function judge(recording: Recording, given: string, replay: Judge): Replay {
  try {
    return replay(recording.settings, recording.buckets);
  } catch (error) {
    // What a schema cannot say: buckets that overlap, more failures than requests.
    if (error instanceof RangeError) return refuse(given, [{ place: "the buckets", message: error.message }]);
    throw error;
  }
}

function refuse(file: string, mistakes: readonly RecordingMistake[]): never {
  throw recordingUnreadable({ file, list: mistakes.map((m) => `${m.place}: ${m.message}`).join("; ") });
}
