import { defineProblem } from "@atoms/playbook/problem";
import type {
  AnalysisSettings,
  Bucket,
  Recording,
  RecordingMistake,
  Replay,
} from "@atoms/playbook/statistics";
import { defineCommand } from "../command.js";

/** ATM-927 */
export const recordingUnreadable = defineProblem<{ file: string; list: string }>({
  code: "ATM-927",
  title: "This is no recording of buckets",
  happened: (a) => `${a.file} can't be judged. ${a.list}.`,
  stillTrue: () => "Nothing was judged.",
  fix: () => "examples/analyze/README.md describes the format, and the files beside it are recordings.",
  ending: "usage",
});

const endings = { pass: "done", fail: "failed", inconclusive: "inconclusive" } as const;

/** Most that a recording may weigh, in bytes: about a day of one-second buckets. */
const heaviest = 256 * 1024 * 1024;

export const analyze = defineCommand({
  name: "analyze",
  summary: "Judge recorded buckets of a canary again, offline",
  args: ["<file>"],
  examples: [
    "atoms analyze examples/analyze/errors-doubled.ndjson",
    "atoms analyze recording.json --json | jq '.report.guardrails[].evidence'",
  ],
  more: [
    "The same buckets always give the same verdict. The file is JSON, or NDJSON with a header in its first line;",
    "examples/analyze/README.md describes it. Exit codes: 0 pass, 1 fail, 5 inconclusive, 2 the file is no recording.",
  ].join("\n"),
  async run({ args, terminal, cwd }) {
    const { replay } = await import("@atoms/playbook/statistics");
    const { replayText } = await import("../views/replay.js");
    const { resolve } = await import("node:path");
    const given = args[0] as string;
    const recording = await load(resolve(cwd, given), given);
    const replayed = judge(recording, given, replay);
    terminal.result(replayed);
    if (!terminal.json) terminal.say(replayText(replayed, recording, terminal.paint));
    return endings[replayed.verdict.kind];
  },
});

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
