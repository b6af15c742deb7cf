import type { Clock, Deployment, Platform, Production } from "../terms/index.js";
import type {
  AlarmState,
  CommandResult,
  DiskState,
  GitState,
  LockfileState,
  NumbersFinding,
  SourceState,
  SplitState,
} from "./model.js";

/** The folder that is released, and the machine it lies on. Measures; judges nothing. */
export interface Workspace {
  gitState(signal?: AbortSignal): Promise<GitState>;
  /**
   * Runs a shell command in its own process group and stops the whole group when the time is up or the signal fires.
   * How it ended is data: it throws for no command.
   */
  run(command: string, options: RunOptions): Promise<CommandResult>;
  /** Walks what would be shipped, without reading the files' bytes. */
  source(signal?: AbortSignal): Promise<SourceState>;
  lockfile(signal?: AbortSignal): Promise<LockfileState>;
  disk(signal?: AbortSignal): Promise<DiskState>;
  /** Which of these variables are set in the shell that Atoms was started from. Names only. */
  setInShell(names: readonly string[]): string[];
}

export type RunOptions = {
  /** Folder to run in, from the root of the source; default that root. */
  cwd?: string;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Told every line as it is written, by either stream, with secrets blanked. */
  onLine?: (line: string) => void;
};

/** Where traffic could be sent if the release went wrong. */
export type WayBackState = {
  /** What production serves now; undefined before the first release. */
  current?: Deployment;
  /** The newest deployment that was proven good and still exists. */
  proven?: Deployment;
  /** A promote or rollback that the platform is still carrying out. */
  moving?: Production["moving"];
  /** A staged shift that is under way: somebody else's, for this release has begun none. */
  shifting?: { to: string; share: number };
};

/** All that preflight needs from outside. */
export interface PreflightPorts {
  workspace: Workspace;
  platform: Platform;
  wayBack(signal?: AbortSignal): Promise<WayBackState>;
  /** Names of the variables that the playbook itself gives to the deployment. */
  playbookVariables: readonly string[];
  /** Tries the source of a canary's numbers on what production serves; left out where there is nothing to try. */
  proveNumbers?(signal: AbortSignal): Promise<NumbersFinding[]>;
  /** Asks the routing helper in front of production; left out where no weights split traffic. */
  proveSplit?(signal: AbortSignal): Promise<SplitState>;
  /** What the alert rules stand on; left out where the playbook has none. */
  alarm?(): AlarmState;
  clock: Clock;
  /** Told every line that a command of a check writes. */
  onLine?: (check: string, line: string) => void;
}
