import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { deliver, type Parcel } from "../delivery.js";
import type { Places } from "../folder/places.js";
import type { Seal } from "../folder/seal.js";
import type { State } from "../folder/state.js";
import type { BuildEvent, Deployment, Drain, RequestRecord, RuntimeLine } from "../model.js";
import type { RequestLog } from "../request-log.js";
import type { RuntimeLogs } from "../runtime/runtime-logs.js";
import { DrainQueue } from "./drain-queue.js";
import { buildLogRecord, type LogRecord, requestLogRecord, runtimeLogRecord } from "./log-records.js";
import { sampleRecord, sampleSpan } from "./samples.js";
import { type DrainSpan, otlpBody, requestSpan, spanLine } from "./trace-spans.js";

const BATCH_MS = 200;
const BATCH_SIZE = 1_000;
const MAX_WAITING = 100_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

type Item = LogRecord | DrainSpan;

/** What a waiting line begins with: the JSON of a log's record follows, or the line of a span. */
const LOG = "L";
const SPAN = "S";

/** Carries what happens in the cloud to the drains that want it. */
export class Drains {
  readonly #queues = new Map<string, DrainQueue>();
  /** Drains whose receiver named the team's code in its last answer. */
  readonly #verified = new Set<string>();
  readonly #unsubscribe: (() => void)[];

  constructor(
    private readonly state: State,
    private readonly seal: Seal,
    private readonly places: Places,
    requests: RequestLog,
    runtimeLogs: RuntimeLogs,
  ) {
    this.#unsubscribe = [
      requests.subscribe((record) => this.#request(record)),
      runtimeLogs.subscribe((deployment, line) => this.#line(deployment, line)),
    ];
  }

  /** Goes on with what waited when the last cloud ended. */
  takeUp(): void {
    for (const id of namesIn(this.places.waiting)) {
      if (this.state.drains.get(id)) this.#queueOf(id);
      else rmSync(this.places.waitingFor(id), { recursive: true, force: true });
    }
  }

  /** Takes a line of a build. */
  build(deployment: Deployment, event: BuildEvent): void {
    for (const drain of this.#wanting("log")) this.#offer(drain, buildLogRecord(event, deployment));
  }

  /**
   * Sends a sample of what the drain is to get, in its form, to see whether the receiver takes it.
   * @returns what went wrong, or null; and whether the receiver showed that it belongs to this team
   */
  async test(drain: Drain): Promise<{ failure: string | null; verified: boolean }> {
    const wanted: Item[] = [];
    if ("log" in drain.schemas) wanted.push(sampleRecord(drain, Date.now()));
    if ("trace" in drain.schemas) wanted.push(sampleSpan(drain, Date.now()));
    const failure = await this.#deliver(drain, wanted.map(lineOf), undefined);
    const verified = this.#verified.has(drain.id);
    this.#verified.delete(drain.id);
    return { failure, verified };
  }

  /** What a receiver of this team answers in `x-vercel-verify`. */
  get verifyCode(): string {
    const team = this.state.identity.all()[0]?.team.id ?? "";
    return createHash("sha1").update(`verify ${team}`).digest("hex");
  }

  /** How a drain is doing. */
  health(drainId: string): {
    waiting: number;
    dropped: number;
    lastFailure: string | null;
    verified: boolean;
  } {
    const queue = this.#queues.get(drainId);
    return {
      waiting: queue?.waiting ?? 0,
      dropped: queue?.dropped ?? 0,
      lastFailure: queue?.lastFailure ?? null,
      verified: this.#verified.has(drainId),
    };
  }

  /** Forgets what waits for a drain that was removed. */
  async remove(drainId: string): Promise<void> {
    const queue = this.#queues.get(drainId);
    this.#queues.delete(drainId);
    await queue?.remove();
    this.#verified.delete(drainId);
  }

  /** Sends what is waiting, for a bounded time; the rest is kept for the next cloud in this folder. */
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
    this.#queueOf(drain.id).add(lineOf(item));
  }

  #queueOf(drainId: string): DrainQueue {
    let queue = this.#queues.get(drainId);
    if (!queue) {
      queue = new DrainQueue({
        folder: this.places.waitingFor(drainId),
        send: (batch, signal) => this.#send(drainId, batch, signal),
        batchMs: BATCH_MS,
        batchSize: BATCH_SIZE,
        maxWaiting: MAX_WAITING,
        maxWaitingBytes: MAX_WAITING_BYTES,
      });
      this.#queues.set(drainId, queue);
    }
    return queue;
  }

  /** A drain that was changed meanwhile is used as it is now; one that was removed takes nothing more. */
  async #send(drainId: string, batch: readonly string[], signal: AbortSignal): Promise<string | null> {
    const drain = this.state.drains.get(drainId);
    return drain ? this.#deliver(drain, batch, signal) : null;
  }

  async #deliver(
    drain: Drain,
    batch: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string | null> {
    const of = (kind: string) => batch.filter((line) => line.startsWith(kind)).map((line) => line.slice(1));
    const spans = of(SPAN);
    const records = of(LOG);
    if (spans.length > 0) {
      const failure = await deliver({ ...this.#parcel(drain, [], signal), body: otlpBody(spans) });
      if (failure !== null) return failure;
    }
    return records.length > 0 ? deliver(this.#parcel(drain, records, signal)) : null;
  }

  /** @param records the JSON of each */
  #parcel({ id, delivery }: Drain, records: readonly string[], signal: AbortSignal | undefined): Parcel {
    const lines = delivery.encoding === "ndjson";
    return {
      url: delivery.endpoint,
      body: lines ? `${records.join("\n")}\n` : `[${records.join(",")}]`,
      contentType: lines && records.length > 0 ? "application/x-ndjson" : "application/json",
      headers: delivery.headers,
      secret: delivery.sealedSecret === null ? null : this.seal.reveal(delivery.sealedSecret),
      gzip: delivery.compression === "gzip",
      timeoutMs: TIMEOUT_MS,
      onAnswer: (headers) => {
        if (headers["x-vercel-verify"] === this.verifyCode) this.#verified.add(id);
        else this.#verified.delete(id);
      },
      ...(signal ? { signal } : {}),
    };
  }
}

const lineOf = (item: Item): string =>
  "span" in item ? SPAN + spanLine(item as DrainSpan) : LOG + JSON.stringify(item);

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
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
