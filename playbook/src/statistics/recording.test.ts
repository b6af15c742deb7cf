import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRecording, recordingFormat, replay } from "./recording.js";

const examples = new URL("../../../examples/analyze/", import.meta.url);
const header = { format: recordingFormat };
const bucket = (start: number) => ({
  start,
  seconds: 1,
  split: 0.5,
  canary: { requests: 10, errors: 0 },
  stable: { requests: 10, errors: 0 },
});
const lines = (...values: unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

describe("a recording", () => {
  it("reads the same from JSON and from NDJSON", () => {
    const whole = readRecording(JSON.stringify({ ...header, buckets: [bucket(0), bucket(1_000)] }));
    const byLine = readRecording(`${lines(header, bucket(0), bucket(1_000))}\n`);
    expect(whole).toEqual(byLine);
    expect("recording" in whole && whole.recording.settings.guardrails.map((g) => g.id)).toEqual([
      "errors",
      "errors-against-stable",
      "latency-against-stable",
    ]);
  });

  it.each([
    ["", "line 1", /header/],
    ["{", "line 1", /not JSON/],
    [lines({ format: "other/1" }, bucket(0)), "line 1, format", /atoms-buckets/],
    [lines(header), "buckets", /expected array/],
    [`${JSON.stringify({ name: "a package" }, null, 2)}\n`, "format", /atoms-buckets/],
    [lines(header, bucket(0), { ...bucket(1), split: 2 }), "line 3, split", /Too big/],
    [lines(header, { ...bucket(0), colour: 1 }), "line 2", /colour/],
    [lines({ ...header, settings: { budget: 1 } }, bucket(0)), "line 1, settings", /budget/],
    [`${JSON.stringify(header)}\n\n${JSON.stringify(bucket(0))}\nnope`, "line 4", /not JSON/],
    [
      JSON.stringify({ ...header, buckets: [{ ...bucket(0), canary: { requests: -1, errors: 0 } }] }),
      "buckets[0].canary.requests",
      /Too small/,
    ],
  ])("is refused with its place: %s", (text, place, message) => {
    const read = readRecording(text);
    expect("mistakes" in read && read.mistakes[0]).toMatchObject({
      place,
      message: expect.stringMatching(message),
    });
  });
});

describe("the examples", () => {
  const files = readdirSync(examples).filter((file) => /\.(nd)?json$/.test(file));
  it("are there", () => expect(files.length).toBeGreaterThanOrEqual(3));

  it.each(files)("%s comes to what its name says, every time", (file) => {
    const read = readRecording(readFileSync(new URL(file, examples), "utf8"));
    if (!("recording" in read)) throw new Error(JSON.stringify(read.mistakes));
    const { settings, buckets } = read.recording;
    const once = replay(settings, buckets);
    expect(once.verdict.kind).toBe(
      file.startsWith("healthy") ? "pass" : file.startsWith("too-few") ? "inconclusive" : "fail",
    );
    expect(replay(settings, buckets)).toEqual(once);
  });
});

describe("a replay", () => {
  const second = (s: number, split: number, errors: number) => ({
    start: 1_000 * s,
    seconds: 1,
    split,
    canary: { requests: 50, errors },
    stable: { requests: 50, errors: 0 },
  });
  const settings = {
    guardrails: [{ kind: "errors", id: "errors" }],
    profile: "strict",
    warm_up_seconds: 0,
    step_seconds: 10,
  } as const;
  const buckets = (errorsAt: (s: number) => number, seconds: number) =>
    Array.from({ length: seconds }, (_, s) => second(s, s < 60 ? 0.1 : 0.5, errorsAt(s)));

  it("begins a step with every change of the split", () => {
    const { verdict, steps } = replay(
      settings,
      buckets(() => 0, 120),
    );
    expect(verdict).toEqual({ kind: "pass" });
    expect(steps.map((s) => [s.split, s.from, s.until, s.verdict.kind])).toEqual([
      [0.1, 0, 60_000, "pass"],
      [0.5, 60_000, 120_000, "pass"],
    ]);
  });

  it("ends where harm was proved", () => {
    const { verdict, report, steps } = replay(
      settings,
      buckets((s) => (s >= 70 ? 20 : 0), 120),
    );
    expect(verdict.kind).toBe("fail");
    expect(report.failedAt).toBeLessThan(75_000);
    expect(steps.map((s) => s.verdict.kind)).toEqual(["pass", "fail"]);
    expect(steps.at(-1)?.until).toBe(report.failedAt);
  });

  it("is inconclusive when its last step is", () =>
    expect(
      replay(
        settings,
        buckets(() => 0, 63),
      ).verdict.kind,
    ).toBe("inconclusive"));

  it("refuses buckets that overlap", () =>
    expect(() => replay(settings, [second(1, 0.5, 0), second(0, 0.5, 0)])).toThrow(/in order/));
});
