/** The records that the cloud keeps. A record is never changed in place: a new one replaces it. */
import type { CronJob } from "./crons/schedule.js";

export interface Identity {
  readonly id: "identity";
  readonly token: string;
  readonly team: { readonly id: string; readonly slug: string; readonly name: string };
  readonly user: {
    readonly id: string;
    readonly username: string;
    readonly email: string;
    readonly name: string;
  };
}

export interface Ports {
  readonly id: "ports";
  readonly api: number;
  readonly edge: number;
}

export interface ProjectDomain {
  readonly name: string;
  readonly createdAt: number;
  /** Another domain of the project that visitors are sent to; null serves them here. */
  readonly redirect: string | null;
  /** Absent for 308. */
  readonly redirectStatusCode?: 301 | 302 | 307 | 308 | null;
  readonly gitBranch: string | null;
  /** Absent when it was never changed. */
  readonly updatedAt?: number;
}

export interface AliasRequest {
  readonly fromDeploymentId: string | null;
  readonly toDeploymentId: string;
  readonly jobStatus: "pending" | "in-progress" | "succeeded" | "failed" | "skipped";
  readonly requestedAt: number;
  readonly type: "promote" | "rollback";
  readonly fromRollingReleaseId?: string;
}

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Settings that are stored and shown as they came (`buildCommand`, `outputDirectory`, …). */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly autoAssignCustomDomains: boolean;
  /** What `autoAssignCustomDomains` was before a rollback switched it off; absent when no rollback is in force. */
  readonly autoAssignBeforeRollback?: boolean;
  readonly rollbackDescription?: string | null;
  readonly lastAliasRequest: AliasRequest | null;
  /** The deployment that production hosts point to. */
  readonly productionDeploymentId: string | null;
  readonly domains: readonly ProjectDomain[];
  readonly environments?: readonly CustomEnvironment[];
  /** How many processes production has; absent for one. */
  readonly instances?: number;
  /** Secrets that pass its protection. */
  readonly bypass?: readonly BypassSecret[];
  /** Whether visitors are challenged, and until when; absent when that was never asked for. */
  readonly attackMode?: {
    readonly enabled: boolean;
    readonly until: number | null;
    readonly updatedAt: number;
  };
  /** Null while rolling releases are off. */
  readonly rollingConfig?: RollingConfig | null;
}

/** An environment beside production, preview and development. */
export interface CustomEnvironment {
  readonly id: string;
  readonly slug: string;
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface BypassSecret {
  readonly sealedSecret: string;
  readonly createdAt: number;
  /** The one that builds and processes see as `VERCEL_AUTOMATION_BYPASS_SECRET`. */
  readonly isEnvVar: boolean;
  readonly note: string | null;
}

/** A stage as configured; `duration` in minutes. */
export interface ConfiguredStage {
  readonly targetPercentage: number;
  readonly requireApproval: boolean;
  readonly duration: number | null;
  readonly linearShift: boolean;
}

export interface RollingConfig {
  readonly advancementType: "automatic" | "manual-approval";
  readonly stages: readonly ConfiguredStage[];
  readonly canaryResponseHeader: boolean;
  /** The platform's own gate, kept as it came. */
  readonly gate: unknown;
}

/** One run of a rolling release: a copy of the configuration and where it stands. */
export interface RollingRun {
  readonly id: string;
  readonly projectId: string;
  readonly state: "ACTIVE" | "COMPLETE" | "ABORTED";
  readonly config: RollingConfig;
  readonly baseDeploymentId: string;
  readonly canaryDeploymentId: string;
  /** A promotion that waits for this run's end. */
  readonly queuedDeploymentId: string | null;
  readonly activeIndex: number;
  readonly stageStartedAt: number;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly writtenBy: string;
}

export type ReadyState = "QUEUED" | "INITIALIZING" | "BUILDING" | "READY" | "ERROR" | "CANCELED" | "BLOCKED";

/** How a built deployment is run. Paths are relative to the deployment's source folder. */
export type Output = Runnable & {
  /** The file with what its vercel.json says of paths and time; absent for none. */
  readonly routes?: string;
  /** What production is to have called by the clock; absent for none. */
  readonly crons?: readonly CronJob[];
  /** The longest time that one of its functions asks for, in seconds; absent when none asks. */
  readonly maxDuration?: number;
};

type Runnable =
  /** A command of the user's that listens on `PORT`; started without a shell. */
  | { readonly kind: "node"; readonly args: readonly string[]; readonly cwd: string }
  | { readonly kind: "shell"; readonly command: string; readonly cwd: string }
  /** A module that exports an app, or that listens by itself when imported. */
  | {
      readonly kind: "module";
      readonly file: string;
      readonly publicFolder: string | null;
      readonly cwd: string;
    }
  /** Files only. */
  | { readonly kind: "static"; readonly folder: string; readonly cwd: string }
  /** `api/*` functions beside static files; `table` is the list of their paths. */
  | {
      readonly kind: "functions";
      readonly table: string;
      readonly publicFolder: string | null;
      readonly cwd: string;
    }
  /** Build Output API v3. */
  | { readonly kind: "prebuilt"; readonly folder: string; readonly cwd: string };

export interface Deployment {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  /** Bare host name. */
  readonly url: string;
  readonly target: "production" | "staging" | null;
  readonly customEnvironmentId: string | null;
  readonly createdAt: number;
  readonly buildingAt: number | null;
  readonly readyAt: number | null;
  readonly canceledAt: number | null;
  readonly readyState: ReadyState;
  readonly aliasAssignedAt: number | null;
  readonly aliasError: { readonly code: string; readonly message: string } | null;
  /** When it first served production; null for never. */
  readonly promotedAt: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly errorStep: string | null;
  readonly meta: Readonly<Record<string, string>>;
  readonly git: Readonly<Record<string, string>>;
  readonly source: string | null;
  readonly autoAssignCustomDomains: boolean;
  readonly prebuilt: boolean;
  readonly projectSettings: Readonly<Record<string, unknown>>;
  readonly regions: readonly string[];
  /** Names only; the values are in `sealedEnv`. */
  readonly envNames: readonly string[];
  readonly buildEnvNames: readonly string[];
  /** Sealed JSON `{run, build}`: the variables as they were when the deployment was created. */
  readonly sealedEnv: string;
  readonly output: Output | null;
}

export interface Alias {
  readonly id: string;
  /** Bare host name. */
  readonly alias: string;
  readonly deploymentId: string;
  readonly projectId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type EnvType = "plain" | "encrypted" | "sensitive" | "secret" | "system";

export interface EnvVariable {
  readonly id: string;
  readonly projectId: string;
  readonly key: string;
  readonly sealedValue: string;
  readonly type: EnvType;
  readonly target: readonly string[];
  readonly customEnvironmentIds: readonly string[];
  readonly gitBranch: string | null;
  readonly comment: string | null;
  readonly visibility: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One file of a deployment as it was announced. */
export interface FileEntry {
  readonly file: string;
  readonly sha: string;
  readonly size: number;
  /** Unix mode with the file type bits, as `fs.stat` gives it. */
  readonly mode: number;
}

export interface BuildEvent {
  readonly type: "stdout" | "stderr" | "command" | "deployment-state" | "exit" | "fatal";
  readonly created: number;
  readonly text: string;
  readonly level?: "error" | "warning";
  readonly serial: string;
}

/** A line that an instance printed, or what the supervisor has to say about it. */
export interface RuntimeLine {
  readonly id: string;
  readonly at: number;
  readonly level: "info" | "warning" | "error" | "fatal";
  readonly source: "stdout" | "stderr" | "platform";
  readonly message: string;
  readonly instance: string;
  readonly requestId: string | null;
  /** -1: the process ended without an answer. */
  readonly statusCode: number | null;
}

export interface RequestRecord {
  readonly id: string;
  readonly at: number;
  readonly projectId: string;
  readonly deploymentId: string;
  readonly target: "production" | "staging" | null;
  readonly branch: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** What the client got; 0 when it left before an answer. */
  readonly status: number;
  /** -1 when the process ended without an answer, else as `status`. */
  readonly runtimeStatus: number;
  readonly error: string | null;
  readonly durationMs: number;
  readonly bytesOut: number;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly referer: string | null;
  /** 32 and 16 hexadecimal digits, as in W3C trace context. */
  readonly traceId: string;
  readonly spanId: string;
  /** The visitor's own span, when it sent one. */
  readonly parentSpanId: string | null;
  readonly instance: string | null;
}

/** A check that every fitting deployment of a project must run. */
export interface Check {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly requires: "build-ready" | "deployment-url" | "none";
  /**
   * What waits for it: the build, the deployment's first request (it is not READY before), production hosts and other
   * aliases of the deployment, its promotion, or nothing.
   */
  readonly blocks: "build-start" | "deployment-start" | "deployment-alias" | "deployment-promotion" | "none";
  /** `production`, `preview`; empty for all. */
  readonly targets: readonly string[];
  /** Seconds. */
  readonly timeout: number;
  readonly isRerequestable: boolean;
  readonly source: unknown;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface CheckRun {
  readonly id: string;
  readonly checkId: string;
  readonly deploymentId: string;
  readonly name: string;
  readonly blocks: Check["blocks"];
  readonly status: "queued" | "running" | "completed";
  readonly conclusion: "succeeded" | "failed" | "neutral" | "skipped" | "canceled" | "timeout" | null;
  readonly conclusionText: string | null;
  readonly externalId: string | null;
  readonly externalUrl: string | null;
  readonly output: unknown;
  readonly createdAt: number;
  readonly endsAt: number;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
}

export interface GlobalConfigItem {
  readonly key: string;
  readonly value: unknown;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Small values that running deployments read at once. */
export interface GlobalConfig {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly items: readonly GlobalConfigItem[];
  /** Tokens that may read, and nothing else. */
  readonly tokens: readonly {
    readonly id: string;
    readonly label: string;
    readonly sealedToken: string;
    readonly createdAt: number;
  }[];
  /** A JSON Schema that the items together have to fit, as one object; absent when there is none. */
  readonly schema?: unknown;
}

/** The items of a Global Config as they were after one change. */
export interface GlobalConfigBackup {
  readonly id: string;
  readonly configId: string;
  readonly slug: string;
  readonly digest: string;
  readonly createdAt: number;
  readonly items: readonly GlobalConfigItem[];
}

/** What a drain takes and where it is delivered, as in the API. */
export interface Drain {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** `some`: those of `projectIds` only. */
  readonly projects: "some" | "all";
  readonly projectIds: readonly string[];
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly delivery: {
    readonly type: string;
    readonly endpoint: string;
    readonly encoding: "json" | "ndjson";
    readonly compression: "gzip" | "none";
    readonly headers: Readonly<Record<string, string>>;
    readonly sealedSecret: string | null;
  };
  readonly filter: {
    readonly projectIds: readonly string[];
    readonly sources: readonly string[];
    readonly environments: readonly string[];
  };
  readonly shownFilter: unknown;
  readonly sampling: readonly {
    readonly rate: number;
    readonly env?: string | undefined;
    readonly requestPath?: string | undefined;
  }[];
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  /** Empty for all projects. */
  readonly projectIds: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly sealedSecret: string;
}

/** An event on its way to a webhook; it goes when it was taken, or a day after it was written. */
export interface WebhookDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly body: string;
  readonly createdAt: number;
}
