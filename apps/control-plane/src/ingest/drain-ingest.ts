import { setImmediate as breathe } from "node:timers/promises";
import type { Clock } from "@atoms/playbook";
import type { Source } from "@atoms/playbook/measurement";
import { drainVerifyHeader, isDeliverySigned, signatureHeader } from "@atoms/vercel";
import { Backlogs } from "./backlog.js";
import { drainSource } from "./drain-source.js";
import { type DeploymentExposure, Exposure, type RecordCounts } from "./exposure.js";
import { defaultIngestLimits, type IngestLimits } from "./limits.js";
import { loggedCall, loggedRequest } from "./log-record.js";
import { parseRecords } from "./parse-records.js";
import { type Body, readBody } from "./read-body.js";
import { Refusal } from "./refusal.js";
import { Seen } from "./seen.js";
import { requestSpans } from "./spans.js";

/** Records that are counted before other work gets its turn. */
const recordsAtOnce = 2_000;

/** What the ingest needs to know. */
export type DrainIngestOptions = {
  /**
   * The secret of a drain, by the last part of the path it posts to; several while one is being replaced; undefined
   * when there is no such drain.
   */
  secretOf(
    drain: string,
  ): Promise<string | readonly string[] | undefined> | string | readonly string[] | undefined;
  /** The code by which the platform wants to see that the endpoint is ours; undefined when it gave none. */
  verificationOf?: (drain: string) => Promise<string | undefined> | string | undefined;
  clock: Clock;
  limits?: Partial<IngestLimits>;
  /** Limits in milliseconds for which slow requests are counted; more can be added by `watchSlow`. */
  slow?: readonly number[];
  /** Paths, with everything below, that are no users' requests, e.g. the health path. */
  leaveOut?: readonly string[];
};

/** How the ingest is doing. Plain data. */
export type IngestReport = {
  deliveries: {
    taken: number;
    /** Sent again after they had been taken. */
    repeated: number;
    /** Not taken, by reason. */
    refused: Record<string, number>;
  };
  records: RecordCounts & {
    /** Everything that was read. */
    read: number;
    /** Lines and entries that are no records. */
    garbage: number;
  };
  backlog: { deliveries: number; bytes: number; mostBytes: number; limitBytes: number };
  deployments: DeploymentExposure[];
};

/** Takes what the platform's log and trace drains deliver, and counts it. */
export interface DrainIngest {
  /**
   * Answers one delivery. The last part of its path names the drain. Everything is counted before it is answered, so
   * what was not answered with 200 may be sent again. Never throws for what a sender does.
   */
  handle(request: Request): Promise<Response>;
  /** The source `drain`. */
  readonly source: Source;
  /** Counts requests slower than these limits (ms) from now on. */
  watchSlow(limits: readonly number[]): void;
  report(): IngestReport;
}

/** Opens the ingest. What it counted is in memory only, bounded, and gone with the process. */
export function drainIngest(options: DrainIngestOptions): DrainIngest {
  const { clock } = options;
  const limits = { ...defaultIngestLimits, ...options.limits };
  const exposure = new Exposure({
    clock,
    limits,
    slow: options.slow ?? [],
    leaveOut: options.leaveOut ?? [],
  });
  const backlogs = new Backlogs(limits.backlogBytes);
  const taken = new Seen(limits.rememberedDeliveries);
  const deliveries = { taken: 0, repeated: 0, refused: {} as Record<string, number> };
  const records = { read: 0, garbage: 0 };

  /** Reads, checks and counts a delivery. @returns How many records it held. @throws Refusal */
  async function take(request: Request, drain: string): Promise<number> {
    const given = await options.secretOf(drain);
    if (given === undefined) throw new Refusal(404, "unknown", "There is no drain by this name.");
    if (request.method !== "POST") {
      throw new Refusal(405, "not understood", "Deliveries are posted.", { allow: "GET, HEAD, POST" });
    }
    if (/protobuf/i.test(request.headers.get("content-type") ?? "")) {
      throw new Refusal(415, "not understood", "Traces are read as JSON: set the drain's encoding to JSON.");
    }
    const backlog = backlogs.open();
    try {
      const body = await readBody(request, { limits, clock, backlog });
      const signature = request.headers.get(signatureHeader);
      // A probe of the endpoint before there is a secret to sign with; there is nothing in it to be counted.
      if (signature === null && isEmpty(body)) return 0;
      const secrets = typeof given === "string" ? [given] : given;
      if (!secrets.some((secret) => isSigned(body, signature, secret))) {
        throw new Refusal(403, "unsigned", "The signature is not that of this drain's secret.");
      }
      const delivery = `${drain} ${signature}`;
      if (taken.get(delivery) !== undefined) {
        deliveries.repeated++;
        return 0;
      }
      const count = await countAll(new TextDecoder().decode(body.plain));
      taken.set(delivery, 1);
      deliveries.taken++;
      return count;
    } finally {
      backlog.release();
    }
  }

  async function countAll(text: string): Promise<number> {
    const parsed = parseRecords(text);
    if (parsed === undefined) {
      throw new Refusal(
        400,
        "garbage",
        "Expected a JSON array, one JSON object a line, or OTLP traces in JSON.",
      );
    }
    if (parsed.records.length > limits.records) {
      throw new Refusal(413, "too large", `At most ${limits.records} records are taken at once.`);
    }
    records.read += parsed.records.length;
    records.garbage += parsed.garbage;
    let sinceBreath = 0;
    for (const record of parsed.records) {
      if (Array.isArray(record["resourceSpans"])) {
        for (const span of requestSpans(record)) {
          exposure.span(span);
          if (++sinceBreath % recordsAtOnce === 0) await breathe();
        }
        continue;
      }
      const request = loggedRequest(record);
      if (request !== undefined) exposure.request(request);
      const call = loggedCall(record);
      if (call !== undefined) exposure.call(call);
      if (++sinceBreath % recordsAtOnce === 0) await breathe();
    }
    return parsed.records.length;
  }

  return {
    async handle(request) {
      const drain = drainIn(request.url);
      const code = await options.verificationOf?.(drain);
      const headers: Record<string, string> = code === undefined ? {} : { [drainVerifyHeader]: code };
      try {
        if (request.method === "GET" || request.method === "HEAD") {
          const exists = (await options.secretOf(drain)) !== undefined || code !== undefined;
          return Response.json(
            { drain: exists ? "here" : "unknown" },
            { status: exists ? 200 : 404, headers },
          );
        }
        return Response.json({ records: await take(request, drain) }, { headers });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        deliveries.refused[error.reason] = (deliveries.refused[error.reason] ?? 0) + 1;
        return Response.json(
          { error: error.message },
          { status: error.status, headers: { ...headers, ...error.headers } },
        );
      }
    },
    source: drainSource(exposure, { clock, limits }),
    watchSlow: (more) => exposure.record.watchSlow(more),
    report: () => ({
      deliveries: { ...deliveries, refused: { ...deliveries.refused } },
      records: { ...records, ...exposure.counts },
      backlog: backlogs.report(),
      deployments: exposure.deployments(),
    }),
  };
}

/** The signature is over the body before compression; whoever signs what is sent over the wire means the same. */
function isSigned({ raw, plain }: Body, signature: string | null, secret: string): boolean {
  return (
    isDeliverySigned(plain, signature, secret) || (raw !== plain && isDeliverySigned(raw, signature, secret))
  );
}

function isEmpty({ plain }: Body): boolean {
  return plain.byteLength <= 16 && /^\s*(?:\[\s*\]|\{\s*\})?\s*$/.test(new TextDecoder().decode(plain));
}

function drainIn(url: string): string {
  const last = new URL(url).pathname.split("/").filter(Boolean).at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
