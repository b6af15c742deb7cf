import { stripVTControlCharacters } from "node:util";
import type { CommandResult } from "@atoms/playbook";
import { runInGroup } from "./process-group.js";

/** How a command is run. */
export type CommandOptions = {
  /** Absolute path of the folder to run in. */
  cwd: string;
  /** Variables of the command; default those of this process. */
  env?: Readonly<Record<string, string | undefined>>;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told every line as it is written, by either stream. */
  onLine?: (line: string) => void;
  /** Blanks secrets in a line before anybody sees it. */
  redact?: (line: string) => string;
  /** How long the group is given to end by itself after SIGTERM, in milliseconds. Default 3,000. */
  graceMs?: number;
};

const keptLines = 50;
const longestLine = 2_000;

/**
 * Runs a shell command in its own process group, without a terminal and without input, and stops the whole group when
 * the time is up or the signal fires.
 * @returns How it ended. Never throws.
 */
export async function runCommand(command: string, options: CommandOptions): Promise<CommandResult> {
  const began = performance.now();
  const lines = new LastLines(options);
  const { notStarted, ...end } = await runInGroup("/bin/sh", ["-c", command], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    graceMs: options.graceMs,
    onOutput: (stream, text) => lines.take(stream, text),
  });
  return {
    ...end,
    lastLines: lines.end(),
    ms: Math.round(performance.now() - began),
    ...(notStarted === undefined ? {} : { notStarted: notStarted.message }),
  };
}

/** Cuts two streams into lines and keeps the last ones. */
class LastLines {
  readonly #kept: string[] = [];
  readonly #open = { out: "", err: "" };

  constructor(private readonly options: Pick<CommandOptions, "onLine" | "redact">) {}

  take(stream: "out" | "err", text: string): void {
    // A lone \r redraws a line, as progress bars do: what it leaves is the last state.
    const parts = (this.#open[stream] + text).split(/\r*\n|\r(?!$)/);
    const rest = parts.pop() ?? "";
    for (const part of parts) this.#add(part);
    // A secret that is cut in two would not be recognised, so a line is only cut when it is absurdly long.
    if (rest.length > 64 * 1024) {
      this.#add(rest);
      this.#open[stream] = "";
    } else this.#open[stream] = rest;
  }

  end(): string[] {
    for (const stream of ["out", "err"] as const) {
      const rest = this.#open[stream];
      this.#open[stream] = "";
      if (rest !== "") this.#add(rest.replace(/\r$/, ""));
    }
    return [...this.#kept];
  }

  #add(raw: string): void {
    const line = (this.options.redact ?? same)(withoutControls(raw)).slice(0, longestLine);
    this.#kept.push(line);
    if (this.#kept.length > keptLines) this.#kept.shift();
    this.options.onLine?.(line);
  }
}

const same = (line: string) => line;

/** Takes colours and cursor moves out of a line: it is shown in places that are no terminal, and matched for secrets. */
const withoutControls = (line: string) => stripVTControlCharacters(line).replace(/[^\P{Cc}\t]/gu, "");
