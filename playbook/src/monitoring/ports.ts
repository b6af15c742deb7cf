import type { HttpTimings } from "../terms/index.js";
import type { MetricSeries, MonitorSample, RecordType, Retention } from "./model.js";

/** Samples as they are kept: flat in memory and on disk, however long monitors have been looking. */
export interface SampleStore {
  /**
   * Adds samples, all or none. A sample whose monitor has one of the same time is known already and left as it is, so a
   * batch can be sent again; not once it is older than what is kept whole.
   * @throws TypeError for a value that is no finite number or a metric whose name is not of small letters, digits and `_`.
   */
  append(samples: readonly MonitorSample[]): Promise<void>;
  /**
   * Reads one metric of every monitor that has it, or of one, in the order of their names. `up` is 1 or 0.
   * Both ends of `from` and `to` (milliseconds since the epoch) belong to the range.
   */
  read(query: {
    service: string;
    environment: string;
    metric: string;
    monitor?: string;
    from: number;
    to: number;
  }): Promise<MetricSeries[]>;
  /** The newest samples of each monitor that are still whole, `looks` of each at most, oldest first; all, or one's. */
  latest(query: {
    service: string;
    environment: string;
    monitor?: string;
    /** 1 when left out. */
    looks?: number;
  }): Promise<MonitorSample[]>;
  /**
   * Thins out what has become old, and drops what is too old. May be called by several at once, and ended at any point:
   * every sample is in one place, and counted once.
   */
  thinOut(now: number, retention: Retention): Promise<void>;
}

/** Who does what at which time, among several control planes that share a store. */
export interface SlotStore {
  /**
   * Claims one time slot of several jobs for one worker, in one statement. A job's slots are claimed in ascending order
   * and each once, whoever asks. Only when the last one lies in the future of the store's own clock, by more than a
   * minute, may an earlier one be claimed: somebody's clock was ahead and has been put right.
   * @param slot When the slot begins: milliseconds since the epoch.
   * @returns The names that are this worker's to do; what is claimed and then lost with its worker is not done.
   */
  claim(names: readonly string[], slot: number, worker: string): Promise<string[]>;
  /** Forgets jobs whose last slot began before `before`. */
  prune(before: number): Promise<void>;
}

/** What a name server said of a name; times by a monotonic clock. That it said nothing is data: it is what is looked for. */
export type NameAnswer =
  | { found: true; records: readonly string[]; ms: number }
  | { found: false; message: string; ms: number };

/** Asks name servers. */
export interface Names {
  /** @param asked.server Address, with a port where it is not 53; undefined for those of the machine. */
  resolve(
    asked: { name: string; record: RecordType; server?: string | undefined; timeoutMs: number },
    signal?: AbortSignal,
  ): Promise<NameAnswer>;
}

/** The certificate that a server shows, and the parts of the exchange in milliseconds by a monotonic clock. */
export type CertificateAnswer = { ms: number; timings: Omit<HttpTimings, "firstByteMs"> } & (
  | {
      connected: true;
      /** Milliseconds since the epoch. */
      validFrom: number;
      expiresAt: number;
      /** Why it is not to be trusted, in a few words; undefined when it is. */
      distrust?: string | undefined;
    }
  | { connected: false; message: string }
);

/** Reads the certificates of servers; one that is not to be trusted too. */
export interface Certificates {
  /** @param asked.name Name that is asked for, and that the certificate must be made out to. */
  read(
    asked: { host: string; port: number; name: string; timeoutMs: number },
    signal?: AbortSignal,
  ): Promise<CertificateAnswer>;
}

/** The signs of life of whoever gives them to one monitor. */
export type Heartbeat = {
  /** Since when somebody listens without a gap; milliseconds since the epoch. */
  listeningSince: number;
  /** The newest, if there ever was one. */
  last?: { at: number; ok: boolean; message?: string | undefined };
};

/** Which monitor a sign of life belongs to. */
export type HeartbeatOf = { service: string; environment: string; monitor: string };

/** Signs of life as they are kept: the newest of each monitor, so that it does not grow. */
export interface HeartbeatStore {
  /** Keeps a sign of life; one that is older than what is kept changes nothing. @param ok False reports a failure. */
  beat(of: HeartbeatOf, at: number, ok: boolean, message?: string): Promise<void>;
  /**
   * What is known when a monitor looks, and notes that it looked. Listening begins with its first look, and anew when the
   * look before was more than `deafAfterMs` ago.
   */
  listen(of: HeartbeatOf, at: number, deafAfterMs: number): Promise<Heartbeat>;
  /** What is known, without noting anything; undefined when it never looked and was never told. */
  peek(of: HeartbeatOf): Promise<Heartbeat | undefined>;
}
