import { createHash } from "node:crypto";
import { deliver, type Parcel } from "../delivery.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import type { BuildEvent, Deployment, Drain, RequestRecord, RuntimeLine } from "../model.js";
import type { RequestLog } from "../request-log.js";
import type { RuntimeLogs } from "../runtime/runtime-logs.js";
import { DrainQueue } from "./drain-queue.js";
import { buildLogRecord, type LogRecord, requestLogRecord, runtimeLogRecord } from "./log-records.js";
import { type DrainSpan, otlpBody, requestSpan } from "./trace-spans.js";

const BATCH_MS = 200;
const BATCH_SIZE = 1_000;
const MAX_WAITING = 100_000;
const TIMEOUT_MS = 10_000;

type Item = LogRecord | DrainSpan;

/** Carries what happens in the cloud to the drains that want it. */
export class Drains {
  readonly #queues = new Map<string, DrainQueue<Item>>();
  readonly #unsubscribe: (() => void)[];

  constructor(
    private readonly state: State,
    private readonly seal: Seal,
    requests: RequestLog,
    runtimeLogs: RuntimeLogs,
  ) {
    this.#unsubscribe = [
      requests.subscribe((record) => this.#request(record)),
      runtimeLogs.subscribe((deployment, line) => this.#line(deployment, line)),
    ];
  }

  /** Takes a line of a build. */
  build(deployment: Deployment, event: BuildEvent): void {
    for (const drain of this.#wanting("log")) this.#offer(drain, buildLogRecord(event, deployment));
  }

  /** Sends one sample record, to see whether the receiver takes it. @returns null when it did, else why not */
  async test(drain: Drain): Promise<string | null> {
    const now = new Date().toISOString();
    return deliver({
      ...this.#parcel(drain, []),
      body: JSON.stringify([{ id: "test", source: "external", message: `drain test ${now}` }]),
    });
  }

  /** How a drain is doing. */
  health(drainId: string): { dropped: number; lastFailure: string | null } {
    const queue = this.#queues.get(drainId);
    return { dropped: queue?.dropped ?? 0, lastFailure: queue?.lastFailure ?? null };
  }

  /** Forgets what waits for a drain that was removed. */
  async remove(drainId: string): Promise<void> {
    const queue = this.#queues.get(drainId);
    this.#queues.delete(drainId);
    await queue?.close();
  }

  /** Sends what is waiting, for a bounded time. */
  async close(): Promise<void> {
    for (const end of this.#unsubscribe) end();
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  #request(record: RequestRecord): void {
    const drains = this.state.drains.all();
    if (drains.length === 0) return;
    const deployment = this.state.deployments.get(record.deploymentId);
    if (!deployment) return;
    for (const drain of drains) {
      if ("log" in drain.schemas) this.#offer(drain, requestLogRecord(record, deployment));
      if ("trace" in drain.schemas) this.#offer(drain, requestSpan(record, deployment));
    }
  }

  #line(deployment: Deployment, line: RuntimeLine): void {
    for (const drain of this.#wanting("log")) this.#offer(drain, runtimeLogRecord(line, deployment));
  }

  #wanting(schema: "log" | "trace"): Drain[] {
    return this.state.drains.filter((drain) => schema in drain.schemas);
  }

  #offer(drain: Drain, item: Item): void {
    if (!wants(drain, item)) return;
    let queue = this.#queues.get(drain.id);
    if (!queue) {
      queue = new DrainQueue<Item>({
        send: (batch) => this.#send(drain.id, batch),
        batchMs: BATCH_MS,
        batchSize: BATCH_SIZE,
        maxWaiting: MAX_WAITING,
      });
      this.#queues.set(drain.id, queue);
    }
    queue.add(item);
  }

  /** A drain that was changed meanwhile is used as it is now; one that was removed takes nothing more. */
  async #send(drainId: string, batch: readonly Item[]): Promise<string | null> {
    const drain = this.state.drains.get(drainId);
    if (!drain) return null;
    const spans = batch.filter((item): item is DrainSpan => "span" in item);
    const records = batch.filter((item): item is LogRecord => !("span" in item));
    if (spans.length > 0) {
      const failure = await deliver({ ...this.#parcel(drain, []), body: JSON.stringify(otlpBody(spans)) });
      if (failure !== null) return failure;
    }
    return records.length > 0 ? deliver(this.#parcel(drain, records)) : null;
  }

  #parcel({ delivery }: Drain, records: readonly LogRecord[]): Parcel {
    const lines = delivery.encoding === "ndjson";
    return {
      url: delivery.endpoint,
      body: lines
        ? `${records.map((record) => JSON.stringify(record)).join("\n")}\n`
        : JSON.stringify(records),
      contentType: lines && records.length > 0 ? "application/x-ndjson" : "application/json",
      headers: delivery.headers,
      secret: delivery.sealedSecret === null ? null : this.seal.reveal(delivery.sealedSecret),
      gzip: delivery.compression === "gzip",
      timeoutMs: TIMEOUT_MS,
    };
  }
}

/** Applies a drain's choice of projects, its filter and its sampling. */
export function wants(drain: Drain, item: Item): boolean {
  const { filter } = drain;
  if (drain.projects === "some" && !drain.projectIds.includes(item.projectId)) return false;
  if (filter.projectIds.length > 0 && !filter.projectIds.includes(item.projectId)) return false;
  if (filter.environments.length > 0 && !filter.environments.includes(item.environment)) return false;
  if (filter.sources.length > 0 && "source" in item && !filter.sources.includes(String(item["source"])))
    return false;
  return sampled(drain, item);
}

/** The first rule that fits decides. The same request is taken or left by all drains with the same rate. */
function sampled(drain: Drain, item: Item): boolean {
  const rule = drain.sampling.find(
    ({ env, requestPath }) =>
      (env === undefined || env === item.environment) &&
      (requestPath === undefined || (item.path ?? "").startsWith(requestPath)),
  );
  if (!rule) return true;
  const key =
    "span" in item ? String((item as DrainSpan).span["traceId"]) : String(item["traceId"] ?? item["id"]);
  return createHash("sha1").update(key).digest().readUInt32BE(0) / 2 ** 32 < rule.rate;
}
