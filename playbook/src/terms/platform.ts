/** Where a deployment runs; `local` is the local cloud. */
export type PlatformName = "local" | "vercel";

/** One file of a deployment's source, by digest. */
export type SourceFile = {
  /** Path inside the source folder, with forward slashes. */
  path: string;
  /** SHA-1 of the bytes, lower-case hex; the digest the platform's upload uses. */
  sha1: string;
  /** Bytes. */
  size: number;
  /** Unix mode with type bits, e.g. 0o100644, 0o100755, 0o120777 for a link whose bytes are its target. */
  mode: number;
};

/** A snapshot of a source folder, kept by Atoms, so that a resumed release ships what it started with. */
export type SourceSnapshot = {
  /** SHA-256 over the sorted file list; the snapshot's name. */
  digest: string;
  files: SourceFile[];
};

/** Deployment states that matter to a release. */
export type DeploymentState = "building" | "ready" | "failed" | "cancelled" | "gone";

/** An immutable build with its own address. */
export type Deployment = {
  /** The platform's id, `dpl_…`. */
  id: string;
  /** Full base address without a trailing slash, e.g. `http://shop-3f9a.localhost:4310`. */
  address: string;
  state: DeploymentState;
  /** Whether it was made for production (and may be promoted without a rebuild). */
  production: boolean;
  /** Created, in milliseconds since the epoch. */
  createdAt: number;
  /** The version stamp Atoms gave it, when Atoms made it. */
  version?: string;
  /** The release that made it, when Atoms made it. */
  release?: string;
  /** What the platform says went wrong, when it failed. */
  failure?: string;
  /** The platform's own checks of it that are not passed; left out when there are none, or all are. */
  checks?: "running" | "failed";
  /** The platform's id of the project that it is in, where the platform says so. */
  project?: string;
  /** Regions it runs in, by the platform's names, where the platform says so. */
  regions?: readonly string[];
  /** Commit and branch it was built from, where whoever made it told the platform. */
  commit?: string;
  branch?: string;
};

/**
 * What production looks like on the platform now, as read back from it. During a staged shift this is the stable side:
 * `deployment` is the one that traffic comes from until the last stage is reached, and `moving` is undefined; how
 * traffic is split says `rollout()`.
 */
export type Production = {
  /** The deployment that all production hosts are meant to serve; undefined when none was ever promoted. */
  deployment?: Deployment;
  /** Base addresses of every production host, without trailing slashes. */
  hosts: string[];
  /** Whether new production builds take traffic by themselves; false also marks a rollback pin. */
  autoAssign: boolean;
  /** The last move was a rollback to `to` at `at` (milliseconds since the epoch), and nothing was promoted since. */
  pin?: { to: string; at: number };
  /** A promote or rollback that the platform is still carrying out. */
  moving?: { to: string; kind: "promote" | "rollback" };
};

/** A staged shift: under way, or the last one. */
export type Rollout = {
  /** Deployment that is gaining traffic; "unknown" when the platform no longer has it. */
  candidate: string;
  /** Deployment it gains traffic from. */
  stable: string | undefined;
  state: "active" | "complete" | "aborted";
  /** Shares of the stages, ascending, 0 to 1; the last is 1. A first stage of 0 is dark: reachable only by forcing. */
  shares: number[];
  /** Index of the active stage; the last when complete, 0 when aborted. */
  stage: number;
  /** The candidate's share now, 0 to 1: 1 when complete, 0 when aborted. A share of visitors, not of requests. */
  share: number;
};

/** A variable of the project on the platform, seen from outside. */
export type Variable = {
  key: string;
  /** The environments it reaches: production, preview, development. */
  targets: string[];
  /** Whether the platform can show its value; a sensitive one it never does. */
  readable: boolean;
  /** When it was last written, in milliseconds since the epoch, when the platform says so. */
  changedAt?: number;
  /** Present only when asked for and readable. */
  value?: string;
};

/** A line a deployment or its build wrote. */
export type LogLine = {
  /** Milliseconds since the epoch. */
  at: number;
  source: "build" | "runtime" | "request";
  level: "info" | "warning" | "error";
  text: string;
};

/**
 * What the chapters ask of a cloud. Every act is safe to repeat: the answer to a repeated act is the state that the
 * first one reached. Adapters turn the cloud's own errors into problems ATM-3xx.
 */
export interface Platform {
  readonly name: PlatformName;
  /** Reads who we are and that the token works. @throws unreachable, token refused. */
  whoAmI(signal?: AbortSignal): Promise<{ account: string; team?: string }>;
  /** Finds or creates the project, staged: new production builds take no traffic by themselves. */
  ensureProject(signal?: AbortSignal): Promise<void>;
  /** The deployment made by a release, if there is one; how a repeated create is avoided. */
  findDeployment(release: string, signal?: AbortSignal): Promise<Deployment | undefined>;
  /**
   * Uploads what the platform lacks and creates a staged production deployment (it gets no traffic).
   * @param input.version Stamp given to the service as `ATOMS_VERSION` and kept in the deployment's meta.
   * @param input.read Gives the bytes of one file of the snapshot.
   * @param input.progress Told bytes sent and bytes in all, now and then.
   */
  createDeployment(
    input: {
      release: string;
      version: string;
      source: SourceSnapshot;
      /** Further variables of this deployment alone. */
      variables: Record<string, string>;
      read: (file: SourceFile) => Promise<Uint8Array>;
      progress?: (sent: number, total: number) => void;
    },
    signal?: AbortSignal,
  ): Promise<Deployment>;
  /**
   * Builds the artefact of a deployment once more, with the variables as they are now: a staged production deployment (it
   * gets no traffic). Variables that the first one had for itself alone are not carried over.
   * @param input.release Asked for twice under one, it is made once.
   * @param input.regions Where it shall run; where the first one does when left out.
   * @throws ATM-309 when the platform no longer has the deployment.
   */
  redeploy(
    input: { deployment: string; release: string; version: string; regions?: readonly string[] },
    signal?: AbortSignal,
  ): Promise<Deployment>;
  /** A deployment by id or by any host that leads to it; undefined when the platform knows none. */
  deployment(idOrHost: string, signal?: AbortSignal): Promise<Deployment | undefined>;
  /** Newest first. */
  deployments(limit: number, signal?: AbortSignal): Promise<Deployment[]>;
  /** Removes a deployment for good. Gone already: nothing. Callers see to it that nobody is served by it. */
  removeDeployment(id: string, signal?: AbortSignal): Promise<void>;
  production(signal?: AbortSignal): Promise<Production>;
  /**
   * Points every production host at the deployment, all traffic at once. Returns when the platform has accepted, not
   * when it is done. Stages that Atoms left in the project's settings are taken out first.
   * @throws ATM-313 when a staged shift is under way, or when somebody else had the project shift in stages.
   */
  promote(deployment: string, signal?: AbortSignal): Promise<void>;
  /**
   * Points every production host back at an earlier deployment; never queued behind anything. A staged shift is aborted
   * by it: go back to its stable side, and none is active when this returns.
   */
  rollBack(deployment: string, because: string, signal?: AbortSignal): Promise<void>;
  /** The staged shift that is under way, or else the last one; undefined when there never was one. */
  rollout(signal?: AbortSignal): Promise<Rollout | undefined>;
  /**
   * Begins a staged shift at stage 0, and returns when it is there. Idempotent for the same candidate: nothing happens
   * when it is under way, or when production serves the candidate already. One that was aborted begins anew.
   * @param shares Shares of the stages, 0 to 1: two or more, ascending, the last of them 1. The first may be 0.
   * @throws rolloutOfOthers (ATM-314) when one of another candidate is active, or one of this candidate with other
   *   stages; ATM-313 when somebody else had the project shift in stages of their own; planExhausted (ATM-308) when
   *   the plan has none. RangeError when the shares are no shares.
   */
  beginRollout(candidate: string, shares: readonly number[], signal?: AbortSignal): Promise<void>;
  /**
   * Moves on to a stage (never back), and returns when it is there. At or beyond it already: nothing. A stage before
   * the last is reached through those between. At the last stage the rollout completes and production serves the
   * candidate.
   * @param stage Index into the shares.
   * @throws rolloutOfOthers (ATM-314) when the active one is another's; ATM-312 when none is active, e.g. because it was
   *   rolled back meanwhile. RangeError when there is no such stage.
   */
  advanceRollout(candidate: string, stage: number, signal?: AbortSignal): Promise<void>;
  /**
   * Says that whoever shifts traffic to the candidate is alive, and reads the staged shift as `rollout` does. One that ends
   * by itself when nobody says so is prolonged.
   * @returns One that is aborted when it is no longer there, or production was moved past it.
   */
  keepRollout(candidate: string, signal?: AbortSignal): Promise<Rollout | undefined>;
  /**
   * Takes the stages out of the project's settings again, so that a later promote moves all traffic at once. Safe to
   * repeat; does not stop an active rollout. Settings that Atoms can not have made are left as they are.
   */
  clearRollout(signal?: AbortSignal): Promise<void>;
  /**
   * What a request through a production host must carry to reach one side of an active rollout whatever its share, also
   * at 0, for paired probes. Anybody may force: it is no access control.
   * @returns Query parameters by name.
   */
  forceArm(arm: "canary" | "stable"): { query: Record<string, string> };
  /** Restores automatic assignment as the playbook has it, after a rollback switched it off. */
  setAutoAssign(on: boolean, signal?: AbortSignal): Promise<void>;
  variables(options: { values: boolean }, signal?: AbortSignal): Promise<Variable[]>;
  /** Creates or replaces a variable for later deployments. */
  setVariable(key: string, value: string, options: { secret: boolean }, signal?: AbortSignal): Promise<void>;
  /** Aliases of the project: host to deployment id. */
  aliases(signal?: AbortSignal): Promise<{ host: string; deployment: string }[]>;
  /** The newest lines of a deployment, oldest first. */
  logs(deployment: string, limit: number, signal?: AbortSignal): Promise<LogLine[]>;
  /** Headers that let a request through the platform's own protection, if it has one configured. */
  passHeaders(): Record<string, string>;
}
