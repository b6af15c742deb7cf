import type { Random } from "./ids.js";

/** What `startLocalCloud` takes. Times are in milliseconds, sizes in bytes. */
export interface LocalCloudOptions {
  /** Where everything is kept. One cloud per folder. */
  readonly folder: string;
  /** Port of the REST API; 0 takes the port this folder had before when it is free, else any free one. Default 0. */
  readonly apiPort?: number;
  /** Port that traffic comes to; 0 as above. Default 0. */
  readonly edgePort?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Slug of the one team, used when the folder is new. Default `local`. */
  readonly teamSlug?: string;
  /** Allows API calls to be made to fail on purpose, through `/atoms/faults`. Default false. */
  readonly faults?: boolean;
  /** The current time in ms since 1970. */
  readonly clock?: () => number;
  /** Random bytes for ids and for drawing buckets. */
  readonly random?: Random;
  readonly limits?: Partial<Limits>;
}

/** Bounds of the cloud; every wait and every store has one. */
export interface Limits {
  /** From starting a process until it accepts connections. */
  readonly startMs: number;
  /** From sending a request to a process until the head of its answer. */
  readonly answerMs: number;
  /** A process without requests for this long is stopped, unless it serves production. */
  readonly idleMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopMs: number;
  /** For a whole build. */
  readonly buildMs: number;
  /** Builds at the same time; more wait as QUEUED. */
  readonly builds: number;
  readonly fileBytes: number;
  readonly filesPerDeployment: number;
  /** Of all files of a deployment together, unpacked. */
  readonly sourceBytes: number;
  /** Of each half of a deployment's runtime log. */
  readonly runtimeLogBytes: number;
  readonly buildLogBytes: number;
  /** Of each half of the log of requests. */
  readonly requestLogBytes: number;
  /** Heap of one Node process, in MB. */
  readonly memoryMb: number;
  /** Memory of one instance with everything that it has started, in MB; one that takes more is ended. Linux only. */
  readonly instanceMb: number;
  /** Files and connections that one process of a deployment may have open; the machine's own limit when that is lower. */
  readonly openFiles: number;
}

export const DEFAULT_LIMITS: Limits = {
  startMs: 30_000,
  answerMs: 60_000,
  idleMs: 5 * 60_000,
  stopMs: 5_000,
  buildMs: 15 * 60_000,
  builds: 2,
  fileBytes: 100 * 1024 * 1024,
  filesPerDeployment: 50_000,
  sourceBytes: 2 * 1024 * 1024 * 1024,
  runtimeLogBytes: 4 * 1024 * 1024,
  buildLogBytes: 4 * 1024 * 1024,
  requestLogBytes: 8 * 1024 * 1024,
  memoryMb: 1024,
  instanceMb: 2048,
  openFiles: 4_096,
};
