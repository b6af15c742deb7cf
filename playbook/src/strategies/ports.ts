import type { CommunicationPlan, Outbox } from "../communication/index.js";
import type { GateOverrides, GatePorts, GateSettings } from "../gates/index.js";
import type { RollbackSettings, SafetyFacts } from "../rollback/index.js";
import type { AnalysisSettings, Bucket } from "../statistics/index.js";
import type {
  Actor,
  Clock,
  Finding,
  Http,
  Ledger,
  Platform,
  PlatformName,
  Releases,
  SourceFile,
  SourceSnapshot,
  Verdict,
} from "../terms/index.js";
import type { ContractComparison, ContractSettings } from "../validation/index.js";
import type { RetireOrder } from "./blue-green/retire.js";
import type { BlueGreenSettings, CanarySettings, DeadlineSettings, StandardSettings } from "./settings.js";
import type { StrategyKind } from "./strategy-kind.js";
import type { Look } from "./watch.js";

/** What a release is started with. Plain data: it is written down, and a resumed release reads it again. No secrets. */
export type ReleaseOrder = {
  release: string;
  service: string;
  environment: string;
  platform: PlatformName;
  strategy: StrategyKind;
  version: string;
  actor: Actor;
  /** When it was asked for, in milliseconds since the epoch. */
  startedAt: number;
  /** The playbook as it was when the release began, variables not yet expanded, and where it stood. */
  playbook: { path: string; text: string };
  /** Folder the source was taken from, for checks that need a working tree. */
  folder: string;
  /** Digest of the source snapshot; empty when what is released was made elsewhere. */
  source: string;
  /** Git commit that was checked out when the snapshot was taken; null outside a repository. */
  commit: string | null;
  /** Variables of this deployment alone, as given with `--env`. */
  variables: { [key: string]: string };
  /** Send all notices at once instead of at their times. */
  now: boolean;
  /** Checks left out by name, as given with `--skip`; each is written in the ledger. */
  skip: string[];
  /** Gates that somebody goes past on purpose, each with the reason. */
  overrides: GateOverrides;
  /** The deployment that is released, when it is there already; left out where the release makes its own. */
  existing?: ExistingDeployment;
};

/** A deployment that is released as it is. Nothing is built, so that what is looked at before a build cannot be. */
export type ExistingDeployment = {
  id: string;
  address: string;
  /** The stamp that it answers with; null when Atoms did not make it. */
  stamp: string | null;
  branch: string | null;
  /** Preflight checks that the playbook asks for and that look at a source that is not at hand. */
  unchecked: string[];
};

/** What a rollback by hand is started with; a release of its own kind. */
export type RollbackByHandOrder = Pick<
  ReleaseOrder,
  "release" | "service" | "environment" | "platform" | "actor" | "startedAt" | "playbook" | "folder"
> & {
  /** Deployment to return to; the last one proven good when left out. */
  to?: string;
  because: string;
};

/** What checking something gave: every finding, and the verdict over them. */
export type Checked = { findings: Finding[]; verdict: Verdict };

/** Told of each finding when it is there, for live progress. */
export type OnFinding = (finding: Finding) => void;

/** What is validated or watched: an address and who is meant to answer there. The version is empty where none is known. */
export type Candidate = { id: string; address: string; version: string };

/** The parts of the playbook's settings that a release itself reads. */
export type ReleaseSettings = {
  standard: StandardSettings;
  "blue-green": BlueGreenSettings;
  canary: CanarySettings;
  /** How a canary is judged; the settings' own, or the defaults for this kind of service. */
  analysis: AnalysisSettings;
  deadlines: DeadlineSettings;
  rollback: RollbackSettings;
  /** What a change of the MCP contract means; false where it is not compared. */
  contract: false | ContractSettings;
  plan: CommunicationPlan | undefined;
  gates: GateSettings;
  /** Where it is said that a release waits. */
  gateChannel: string;
};

/**
 * What a release needs from outside: the ports, and the other chapters with their own ports already in place. The
 * composition root builds one per release.
 */
export interface ReleaseWorld {
  settings: ReleaseSettings;
  platform: Platform;
  releases: Releases;
  ledger: Ledger;
  outbox: Outbox;
  http: Http;
  clock: Clock;
  /** What gates use besides. */
  sign: GatePorts["sign"];
  rollbackOf: GatePorts["rollbackOf"];
  openIncidents: GatePorts["openIncidents"];
  /** Fires when a person aborts the release, so that a step in hand need not be waited for. */
  interrupted: AbortSignal;
  preflight(order: ReleaseOrder, onFinding: OnFinding, signal: AbortSignal): Promise<Checked>;
  /** Measures what going back from this release would meet. Judges nothing. */
  safety(order: ReleaseOrder, signal: AbortSignal): Promise<SafetyFacts>;
  backup(order: ReleaseOrder, signal: AbortSignal): Promise<{ folder: string; note: string }>;
  /** Variables that the playbook sets on the project, brought up to date before the deployment is made. */
  setVariables(signal: AbortSignal): Promise<{ set: string[] }>;
  source(digest: string): Promise<SourceSnapshot>;
  readSource(file: SourceFile): Promise<Uint8Array>;
  validate(candidate: Candidate, onFinding: OnFinding, signal: AbortSignal): Promise<Checked>;
  /** Reads what both deployments promise their MCP clients and compares it. `stable` is what production serves, if anything. */
  contract(
    arms: { stable: Candidate | undefined; candidate: Candidate },
    signal: AbortSignal,
  ): Promise<ContractComparison>;
  /** One look at every production host; `candidate.address` is not used. */
  look(candidate: Candidate, hosts: readonly string[], signal: AbortSignal): Promise<Look>;
  /**
   * Measures both arms side by side for some seconds and gives what they answered. Only measures, never judges.
   * @param window.split The canary's share of traffic meanwhile, 0 to 1.
   * @param window.after Up to when it was measured before, in milliseconds since the epoch: own requests are not stamped
   * with earlier times, also when the clock was set back and by another process.
   * @param window.probing Own requests in place of the source, which is silent.
   * @param note Told in one sentence what was left out of the counts or is waited for, and why.
   */
  measure(
    arms: { canary: Candidate; stable: Candidate },
    window: { seconds: number; split: number; after?: number; probing?: boolean },
    signal: AbortSignal,
    note?: (note: string) => void,
  ): Promise<Bucket[]>;
  /** Sends a request to a deployment's own address, so that it is warm; true when it answered below 500. */
  touch(address: string, signal: AbortSignal): Promise<{ ok: boolean; saw: string; ms: number }>;
  /** Opens an incident because production was taken back, or may not be; left out where the playbook wants none. */
  openIncident?(of: { title: string; because: string; unsafe: boolean }): Promise<void>;
  /** Starts the flow that keeps blue warm and retires it. Starting it twice starts it once. */
  retire(order: RetireOrder): Promise<void>;
  /** Writes `deployments/<version>.json` and the git tag. @returns notes on what was and was not written. */
  record(record: DeploymentRecord, signal: AbortSignal): Promise<{ file: string; tag: string }>;
}

/** What is written to `deployments/<version>.json`. */
export type DeploymentRecord = {
  version: string;
  release: string;
  deployment: string;
  url: string;
  timestamp: string;
  deployed_by: string;
  verdict: string;
  /** Git commit the source was taken at; left out where there was none. */
  commit?: string;
};
