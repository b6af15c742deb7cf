import path from "node:path";
import { type PlatformName, type PlaybookSettings, sourceOf } from "@atoms/playbook";
import { checkData, slipsOfIssues, slipsOfRules } from "./check.js";
import { fill } from "./fill.js";
import { type Mistake, settingName } from "./mistake.js";
import {
  listNotConfigured,
  type NotConfigured,
  type PlaybookUse,
  partThatCanWait,
} from "./not-configured.js";
import { valueAt, without } from "./place.js";
import { PlaybookMistaken } from "./problems.js";
import { createRedactor, type Redactor } from "./redactor.js";
import type { Slip, YamlTree } from "./yaml-tree.js";

/** A playbook that was read and found right. */
export type LoadedPlaybook = {
  /** Every setting with its default; `platform` is the one that was chosen. */
  settings: PlaybookSettings;
  /** The file as it stands, variables not filled in, and where it is. Both paths are absolute. */
  file: { path: string; folder: string; text: string };
  /** Absolute folder of the source for the chosen platform. */
  sourceFolder: string;
  secrets: Redactor;
  notConfigured: NotConfigured[];
};

export type ReadOptions = {
  /** Where the text came from; relative folders are taken from there. */
  path: string;
  text: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Overrides the playbook's own choice. */
  platform?: PlatformName | undefined;
  /** What the command is about to use. Default: the platform. */
  uses?: readonly PlaybookUse[] | undefined;
};

/**
 * Reads a playbook from its text.
 *
 * A variable that is not set is a mistake wherever it is needed: everywhere but in `notification_channels`, in the
 * sections of platforms that were not chosen, and in what `uses` leaves out. There the part (one channel, one platform)
 * is taken out of the settings and named in `notConfigured`; the rest of that part is checked all the same.
 * @throws PlaybookMistaken (ATM-101) with every mistake at once.
 */
export function readPlaybook(options: ReadOptions): LoadedPlaybook {
  const secrets = createRedactor();
  const { tree, missing, fromVariable, slips } = fill(options.text, options.env, secrets);
  const stopAt = (found: readonly Slip[]) => {
    if (found.length > 0) throw mistaken(options, tree, secrets, found);
  };
  if (tree.broken) stopAt(slips);
  if (!isGroup(tree.data)) throw mistaken(options, tree, secrets, [notAPlaybook(tree.data)]);
  const written = options.platform === undefined ? tree.data : { ...tree.data, platform: options.platform };

  const platform = valueAt(written, ["platform"]) ?? "local";
  const waiting = missing.flatMap((one) => {
    const part = partThatCanWait(one.path, platform, options.uses ?? ["platform"]);
    return part === undefined ? [] : [{ ...one, part }];
  });
  const needed = missing.filter((one) => !waiting.some((w) => w.offset === one.offset));
  const whole = checkData(written, fromVariable);
  const known = [...missing, ...slips].map((one) => one.path).filter((place) => place.length > 0);
  stopAt([...slips, ...needed.map(notSet), ...slipsOfIssues(whole.issues, tree, known)]);

  const parts = waiting.map((one) => one.part);
  const rest = parts.length === 0 ? whole : checkData(parts.reduce(without, whole.data), fromVariable);
  if (rest.settings === undefined) throw mistaken(options, tree, secrets, slipsOfIssues(rest.issues, tree));
  stopAt(slipsOfRules(rest.settings, tree, parts));

  const file = path.resolve(options.path);
  const folder = path.dirname(file);
  return {
    settings: rest.settings,
    file: { path: file, folder, text: options.text },
    sourceFolder: path.resolve(folder, sourceOf(rest.settings, rest.settings.platform)),
    secrets,
    notConfigured: listNotConfigured(waiting, (offset) => tree.lines.linePos(offset).line),
  };
}

const isGroup = (data: unknown): data is object =>
  typeof data === "object" && data !== null && !Array.isArray(data);

const notSet = ({ variable, ...place }: { variable: string; offset: number; path: Slip["path"] }): Slip => ({
  ...place,
  message: `the variable ${variable} is not set`,
  suggestion: `Set it (export ${variable}=…), or give a default: \${${variable}:-value}.`,
});

const notAPlaybook = (data: unknown): Slip => ({
  offset: 0,
  path: [],
  message: `${data === null || data === undefined ? "the file is empty: " : ""}expected a playbook, a group of settings that begins with version: 1`,
  suggestion: "Write a new one with `atoms init`.",
});

/** Gives the slips their places and snippets, in the order of the file, each told once. */
function mistaken(
  options: ReadOptions,
  tree: YamlTree,
  secrets: Redactor,
  slips: readonly Slip[],
): PlaybookMistaken {
  const rows = options.text.split(/\r?\n/);
  const near = path.relative(process.cwd(), options.path);
  const file = near === "" || near.startsWith("..") ? options.path : near;
  const mistakes = slips.map((slip): Mistake => {
    const { line, col } = tree.lines.linePos(Math.min(slip.offset, options.text.length));
    return {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      setting: settingName(slip.path),
      message: secrets.redact(slip.message),
      ...(slip.suggestion === undefined ? {} : { suggestion: secrets.redact(slip.suggestion) }),
      snippet: secrets.redact((rows[line - 1] ?? "").slice(0, Math.max(160, col))),
    };
  });
  const once = new Map(mistakes.map((m) => [`${m.line}:${m.column}:${m.message}`, m]));
  return new PlaybookMistaken(
    file,
    [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column),
  );
}
