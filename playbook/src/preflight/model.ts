import type { HelperSight, WantedHelper } from "../terms/index.js";

/** What git says of the folder. */
export type GitState =
  /** Not in a repository, or no git on this machine; `because` is a sentence without its full stop. */
  | { kind: "none"; because: string }
  /** There is a repository, but git does not read it. */
  | { kind: "unreadable"; because: string }
  | {
      kind: "repository";
      /** Paths from the root of the repository that differ from the last commit, untracked ones included. */
      changed: string[];
      /** Left out when no branch is checked out (a detached HEAD). */
      branch?: string;
      /** Left out when there is no commit yet. */
      commit?: string;
      /** `user.name`, when git has one. */
      userName?: string;
      /** The remote that tags are pushed to, when there is one. */
      remote?: string;
    };

/** How a command ended. */
export type CommandResult = {
  /** Exit code; undefined when it was stopped by a signal or did not start. */
  exit?: number;
  /** The last lines it wrote to either stream, at most 50, oldest first. */
  lastLines: string[];
  /** Milliseconds by a monotonic clock. */
  ms: number;
  /** It was stopped because its time was up. */
  timedOut: boolean;
  /** It was stopped because the caller gave up. */
  aborted: boolean;
  /** Why it never ran, when it did not. */
  notStarted?: string;
};

/** What is known of the routing helper in front of production. */
export type SplitState = {
  /** What production serves, and what its helper has to be; undefined before the first release. */
  wanted: WantedHelper | undefined;
  /** What each production host says. */
  hosts: { host: string; sight: HelperSight }[];
};

/** What would be shipped. */
export type SourceState =
  | { kind: "unreadable"; because: string; fix: string }
  | {
      kind: "readable";
      files: number;
      /** Bytes in all. */
      bytes: number;
      /** Files named like `.env` that would be shipped. */
      envFiles: string[];
    };

/** The dependencies that package.json asks for, and the lockfile beside it. */
export type LockfileState =
  | { kind: "no package.json" }
  | { kind: "unreadable"; because: string }
  | {
      kind: "package.json";
      /** Dependencies asked for, development ones included. */
      dependencies: number;
      /** File name of the lockfile, when there is one. */
      lockfile?: string;
      /** What differs, in words, e.g. "hono is ^4.1.0 in package.json and ^4.0.0 in package-lock.json"; undefined when this kind of lockfile cannot be compared. */
      differences?: string[];
    };

/** Room on the disk that holds Atoms' state. */
export type DiskState = { folder: string; freeBytes: number };

/** What one counter that a canary is to be judged by was found to be; `saw` and `fix` are sentences. */
export type NumbersFinding = {
  counter: string;
  outcome: "pass" | "warn" | "fail" | "error";
  saw: string;
  /** What to do, where it is another thing than usual. */
  fix?: string;
};

/** What the playbook's alert rules stand on. */
export type AlarmState = {
  rules: number;
  /** Rules that could never fire, and why; `because` is a sentence without its full stop. */
  blind: { rule: string; because: string }[];
  /** What rules ask for and nobody would hear of: sentences without their full stops. */
  unheard: string[];
};

/** More files than this are not shipped. */
export const maxSourceFiles = 100_000;
/** More bytes than this are not shipped: the largest upload that Vercel takes on any plan. */
export const maxSourceBytes = 1_000_000_000;
/** From here on the smallest Vercel plan refuses an upload, so it is worth a warning. */
export const largeSourceBytes = 100_000_000;
