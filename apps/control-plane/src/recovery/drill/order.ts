import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Drill,
  DrillFailure,
  DrillMeasured,
  ProblemData,
  RecoveryDatabaseSettings,
} from "@atoms/playbook";

/** What the process of a drill is told on its standard input. It holds secrets, and is never written down. */
export type StageOrder = {
  drill: string;
  scenario: Drill;
  service: string;
  failure?: DrillFailure;
  /** The playbook of the stage, and where it may write what went wrong. */
  playbook: string;
  folder: string;
  logs: string;
  /** Source of the service, and what in it is not shipped. */
  source: string;
  own: string[];
  databases: Record<string, { variable: string } & Omit<RecoveryDatabaseSettings, "standby_url">>;
  variables: Record<string, string>;
  secrets: string[];
  /** What the playbook of the stage reads from its environment, besides addresses. */
  environment: Record<string, string>;
  /** What counts as well of the standby that users' name is led to, where the playbook has one. */
  standby?: "health" | "answer";
  prepare?: string;
  afterBackupMs: number;
  settleMs: number;
  health: string;
  probe?: { name: string; value: string };
  /** The server to make databases on; the drill runs its own when left out. */
  serverUrl?: string;
  /** Where `postgres` is, when it does. */
  programs?: string;
  path?: string;
};

/** What that process says: one of these as JSON on each line. */
export type StageNews = { doing: string } | { measured: DrillMeasured } | { problem: ProblemData };

/** The folder of a drill's stage. */
export const stageFolder = (home: string, drill: string) => join(home, "drills", drill);

/** Which process works on a stage. */
export const stageProcess = (home: string, drill: string) => join(home, "drills", `${drill}.json`);

/** The folders of the servers that a drill runs: not below `.atoms`, where the user "nobody" may not go. */
export const serverFolders = (drill: string) => ({
  main: join(tmpdir(), `atoms-${drill}-main`),
  standby: join(tmpdir(), `atoms-${drill}-standby`),
});

/** What the names of a drill's databases begin with. */
export const databasePrefix = (drill: string) => `atoms_${drill}_`;
