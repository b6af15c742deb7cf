import type { ArchiveLimits } from "./archive.js";

/** What a build may do to the world: talk, run commands, and where it keeps things. */
export interface BuildSteps {
  readonly deploymentId: string;
  /** Folder of installed dependencies that deployments share. */
  readonly dependencies: string;
  readonly archive: ArchiveLimits;
  /** The environment of its commands. */
  readonly environment: Readonly<Record<string, string>>;
  /** The variable PATH of its commands. */
  readonly path: string;
  /** A folder of the deployment's own for stand-ins of programs. */
  readonly programs: string;
  say(text: string): Promise<void>;
  warn(text: string): Promise<void>;
  /**
   * Runs a program (with `args`) or a shell command (without); `programs` are folders that are searched first.
   * @returns its exit code
   */
  run(
    command: string,
    options: {
      args?: readonly string[];
      cwd: string;
      variables?: Readonly<Record<string, string>>;
      programs?: readonly string[];
    },
  ): Promise<number | null>;
}
