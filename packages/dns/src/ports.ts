import type { Clock } from "@atoms/playbook";

/** What providers use of the world. */
export type DnsPorts = {
  clock: Clock;
  /** The folder that files of the playbook are seen from. */
  folder: string;
  /** Runs a command of the playbook in that folder. @returns why it failed, in a few words; undefined when it did not. */
  run: (
    command: string,
    env: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<string | undefined>;
};
