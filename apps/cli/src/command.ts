import type { Actor, Ending } from "@atoms/playbook";
import type { Terminal } from "./terminal/terminal.js";

/** One option of a command, in commander's notation. */
export type Option = {
  /** E.g. "--limit <n>" or "-y, --yes". */
  flags: string;
  summary: string;
  default?: string;
  /** May be given several times; its values are gathered. */
  many?: boolean;
};

/** What a command is run with. */
export type Invocation = {
  /** Positional arguments in order; undefined where an optional one was left out. */
  args: (string | undefined)[];
  /** Options by their long name in camel case. */
  options: Record<string, string | string[] | boolean | undefined>;
  terminal: Terminal;
  /** The environment variables. */
  env: Readonly<Record<string, string | undefined>>;
  /** Folder the command was typed in. */
  cwd: string;
  /** Who typed it. */
  actor: Actor;
  /** Global options. */
  playbook: string | undefined;
  platform: "local" | "vercel" | undefined;
  yes: boolean;
};

/**
 * One command of `atoms`, as data: help is printed from it, and `run` loads what it needs when it is called, so that
 * help stays quick.
 */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** In commander's notation: "[dir]", "<url>". */
  readonly args?: readonly string[];
  readonly options?: readonly Option[];
  readonly examples: readonly string[];
  /** A paragraph below the summary, where the summary is not enough. */
  readonly more?: string;
  run(invocation: Invocation): Promise<Ending>;
}

/** Declares a command. */
export const defineCommand = (command: Command): Command => command;
