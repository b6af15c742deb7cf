import type {
  ChannelPorts,
  Channels,
  Clock,
  Engine,
  Http,
  Page,
  PlatformName,
  Problem,
} from "@atoms/playbook";
import type { Store } from "@atoms/store";
import type { VercelPlatform } from "@atoms/vercel";
import type { Bell } from "./bell.js";
import type { DrainIngest } from "./ingest/index.js";
import type { Places } from "./places.js";
import type { LoadedPlaybook } from "./playbook-file/index.js";

/** Which playbook a verb is about. */
export type PlaybookRef = {
  /** Absolute path of the playbook file. */
  playbook: string;
  /** Overrides the playbook's own choice. */
  platform?: PlatformName | undefined;
};

/** A playbook that was read and found right, with its platform at hand. */
export type OpenPlaybook = LoadedPlaybook & {
  service: string;
  environment: string;
  platformName: PlatformName;
  /**
   * Reaches the platform. The local cloud is started if it is not running, unless `start` is false.
   * @throws ATM-903 when it is not running and must not be started.
   */
  platform(options?: { start: boolean }): Promise<VercelPlatform>;
};

/**
 * Everything that verbs stand on, opened when first asked for: reading the version or the help opens nothing, reading
 * the ledger opens the store, releasing opens the engine too.
 */
export interface ControlPlane {
  readonly places: Places;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly http: Http;
  /** How this control plane is run: for one command, or as a background process. */
  readonly kind: "command" | "background";
  store(): Promise<Store>;
  engine(): Promise<Engine>;
  /** Whether the engine was opened, so that releases may be running here. */
  hasEngine(): boolean;
  /**
   * Reads a playbook.
   * @param text Read instead of the file: the playbook as it was when a release began.
   * @throws ATM-101 and its kin with every mistake of the file.
   */
  open(ref: PlaybookRef, text?: string): Promise<OpenPlaybook>;
  /** Cuts short the step that a release has in hand, after an abort was sent to it. */
  interrupt(release: string): void;
  /** Fires when the release is interrupted. */
  interrupted(release: string): AbortSignal;
  /** Why a release that is running here cannot go on, while it cannot; e.g. a variable of its playbook is not set. */
  stuck(release: string): Problem | undefined;
  setStuck(release: string, problem: Problem | undefined): void;
  /** Fires when the control plane is closing. */
  readonly leaving: AbortSignal;
  /** What has to follow when somebody answered a page: whoever has the page of an incident has the incident. */
  pageAnswered(page: Page): Promise<void>;
  /** What the platform's drains deliver is counted here. */
  readonly ingest: DrainIngest;
  /** Rung when a notice was put that is due, or when a monitor turned: who waits for these need not look so often. */
  readonly bells: { notices: Bell; turns: Bell };
  /** Where people and platforms reach this control plane: ATOMS_PUBLIC_URL, or the address of this process' API. */
  publicUrl(): string | undefined;
  /** Where the drains are to deliver to: the address of this process' API, or ATOMS_PUBLIC_URL; undefined when it has none. */
  ingestUrl(): string | undefined;
  setAddress(url: string | undefined): void;
  /** Writes an error that Atoms has no name for to the log. */
  reportBug(doing: string, error: unknown): void;
  /** The channels of the playbook that was opened last, and what they use of the world. */
  channels(): Channels;
  channelPorts(): Promise<ChannelPorts>;
  /** Lets go of what runs here, and closes what was opened. A command first delivers the notices that are due. */
  close(): Promise<void>;
}
