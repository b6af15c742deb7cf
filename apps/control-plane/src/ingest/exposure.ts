import type { Clock } from "@atoms/playbook";
import { type BucketRecorder, openBuckets } from "@atoms/playbook/measurement";
import type { IngestLimits } from "./limits.js";
import type { LoggedCall, LoggedRequest } from "./log-record.js";
import { Seen } from "./seen.js";
import type { RequestSpan } from "./spans.js";

/** By which Atoms' own requests are known; they are nobody's exposure. */
const ownAgent = "atoms-validation";
/** How far ahead of ours a sender's clock may be, in milliseconds. */
const aheadMs = 1_000;
const otherRoutes = "(other)";

// What is remembered of a span: that it came, or that one inside it came first and told of its request.
const cameItself = 1;
const hasInner = 2;

/** What is known of one deployment. */
export type DeploymentExposure = {
  deployment: string;
  /** Requests that records told of, and of these failed ones. */
  requests: number;
  errors: number;
  /** Requests with a duration. */
  timed: number;
  toolCalls: number;
  /** Milliseconds since 1970, by this machine's clock. */
  lastAt: number;
  /** Only for records that name a pattern. */
  routes: { route: string; requests: number; errors: number; timed: number }[];
};

/** What was done with records that were read. */
export type RecordCounts = {
  /** Requests that were counted. */
  requests: number;
  /** Durations that were counted. */
  durations: number;
  toolCalls: number;
  /** Told of something counted before: a further record of a request, or one sent again. */
  repeated: number;
  /** Belong to a window that was judged already, and were counted in the next. */
  late: number;
  /** Of something too long ago to be counted. */
  tooOld: number;
  /** Atoms' own requests, and paths that are left out. */
  leftOut: number;
};

type Known = Omit<DeploymentExposure, "deployment" | "routes"> & {
  routes: Map<string, { requests: number; errors: number; timed: number }>;
  /** Everything before this was read, and is final. */
  readUntil: number;
  /** Whether calls of tools are told by spans or by log lines: the first that came. Both would count twice. */
  callsBy: "span" | "line" | undefined;
};

/**
 * Who met which deployment, counted and never assumed. A request is counted once: by its log records, whatever their
 * number; its duration, which they do not have, by its outermost span. Both are put into the second in which the
 * request began.
 */
export class Exposure {
  readonly record: BucketRecorder;
  readonly counts: RecordCounts = {
    requests: 0,
    durations: 0,
    toolCalls: 0,
    repeated: 0,
    late: 0,
    tooOld: 0,
    leftOut: 0,
  };
  readonly #deployments = new Map<string, Known>();
  /** Where a request was counted: its time, negative when it failed, 0 when it was left out. */
  readonly #requests: Seen;
  readonly #spans: Seen;
  readonly #lines: Seen;
  #forgotAt = 0;
  #logsAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: {
      clock: Clock;
      limits: IngestLimits;
      slow: readonly number[];
      leaveOut: readonly string[];
    },
  ) {
    const { limits, slow } = settings;
    this.record = openBuckets(slow);
    this.#requests = new Seen(limits.rememberedRecords);
    this.#spans = new Seen(limits.rememberedRecords);
    this.#lines = new Seen(limits.rememberedRecords);
  }

  /** Counts a request, unless another record told of it before. */
  request(request: LoggedRequest): void {
    const { deployment, id, failed } = request;
    const key = `${deployment} ${id}`;
    const before = this.#requests.get(key);
    if (before !== undefined) {
      this.counts.repeated++;
      const known = this.#deployments.get(deployment);
      // A later record knows that it failed, e.g. after middleware that went well; what was read stays as it was.
      if (!failed || before <= 0 || known === undefined || before < known.readUntil) return;
      this.#requests.set(key, -before);
      this.record.fail(deployment, before);
      known.errors++;
      return;
    }
    if (this.#isLeftOut(request)) {
      this.#requests.set(key, 0);
      this.counts.leftOut++;
      return;
    }
    const known = this.#known(deployment);
    const at = this.#place(known, request.at);
    if (at === undefined) return;
    this.#logsAt = known.lastAt;
    this.#requests.set(key, failed ? -at : at);
    this.record.count(deployment, at, failed);
    this.counts.requests++;
    known.requests++;
    if (failed) known.errors++;
    const route = this.#route(known, request.route);
    if (route === undefined) return;
    route.requests++;
    if (failed) route.errors++;
  }

  /** Counts the duration of a request, or the call of a tool, unless another span told of it before. */
  span(span: RequestSpan): void {
    if (this.#spans.get(span.spanId) !== undefined) {
      this.counts.repeated++;
      return;
    }
    this.#spans.set(span.spanId, cameItself);
    if (span.kind === "tool") {
      this.#call(span, "span");
      return;
    }
    const { deployment, requestId } = span;
    // The platform's span and the service's own tell of one request; inner ones are sent first as often as last.
    const above = span.parentId === undefined ? undefined : this.#spans.get(span.parentId);
    const key = requestId === undefined ? undefined : `${deployment} ${requestId}`;
    if (above === cameItself || (key !== undefined && this.#spans.get(key) !== undefined)) {
      this.counts.repeated++;
      return;
    }
    if (span.parentId !== undefined && above === undefined) this.#spans.set(span.parentId, hasInner);
    if (key !== undefined) this.#spans.set(key, cameItself);
    const counted = key === undefined ? undefined : this.#requests.get(key);
    if (counted === 0 || this.#isLeftOut(span)) {
      this.counts.leftOut++;
      return;
    }
    const known = this.#known(deployment);
    const at = this.#place(known, counted === undefined ? span.at : Math.abs(counted));
    if (at === undefined) return;
    this.record.time(deployment, at, span.ms, span.failed);
    this.counts.durations++;
    known.timed++;
    const route = this.#route(known, span.route);
    if (route !== undefined) route.timed++;
  }

  /** Counts the call of a tool that a service wrote down. */
  call(call: LoggedCall): void {
    if (this.#lines.get(call.id) !== undefined) {
      this.counts.repeated++;
      return;
    }
    this.#lines.set(call.id, 1);
    this.#call(call, "line");
  }

  /** Says that everything before a time was read, and is final from now on. */
  wasRead(deployments: readonly string[], until: number): void {
    for (const deployment of deployments) {
      const known = this.#known(deployment);
      known.readUntil = Math.max(known.readUntil, until);
    }
  }

  /** Whether requests are told of by log records, within the time that is kept. */
  get hasLogs(): boolean {
    return this.settings.clock.now() - this.#logsAt <= this.settings.limits.keepMs;
  }

  /** Everything that is known, the deployments with the latest traffic first. */
  deployments(): DeploymentExposure[] {
    return [...this.#deployments]
      .filter(([, { requests, timed, toolCalls }]) => requests + timed + toolCalls > 0)
      .map(([deployment, { requests, errors, timed, toolCalls, lastAt, routes }]) => ({
        deployment,
        requests,
        errors,
        timed,
        toolCalls,
        lastAt,
        routes: [...routes].map(([route, counts]) => ({ route, ...counts })),
      }))
      .sort((a, b) => b.lastAt - a.lastAt);
  }

  #call({ deployment, at: began, failed }: LoggedCall | RequestSpan, by: "span" | "line"): void {
    const known = this.#known(deployment);
    known.callsBy ??= by;
    if (known.callsBy !== by) {
      this.counts.repeated++;
      return;
    }
    const at = this.#place(known, began);
    if (at === undefined) return;
    this.record.call(deployment, at, failed);
    this.counts.toolCalls++;
    known.toolCalls++;
  }

  /** When something is counted as having happened; undefined when it was too long ago. */
  #place(known: Known, at: number): number | undefined {
    const now = this.settings.clock.now();
    known.lastAt = now;
    this.#forget(now);
    if (at < now - this.settings.limits.keepMs) {
      this.counts.tooOld++;
      return undefined;
    }
    const held = at > now + aheadMs ? now : at;
    if (held >= known.readUntil) return held;
    this.counts.late++;
    return known.readUntil;
  }

  #isLeftOut({ path, agent }: { path: string | undefined; agent: string | undefined }): boolean {
    if (agent === ownAgent) return true;
    if (path === undefined) return false;
    const { leaveOut } = this.settings;
    for (const one of leaveOut) {
      if (path.startsWith(one) && (path.length === one.length || path[one.length] === "/")) return true;
    }
    return false;
  }

  #known(deployment: string): Known {
    const known = this.#deployments.get(deployment);
    if (known !== undefined) return known;
    if (this.#deployments.size >= this.settings.limits.deployments) {
      const [silent] = [...this.#deployments].reduce((a, b) => (b[1].lastAt < a[1].lastAt ? b : a));
      this.#deployments.delete(silent);
      this.record.forget(0, [silent]);
    }
    const fresh: Known = {
      requests: 0,
      errors: 0,
      timed: 0,
      toolCalls: 0,
      lastAt: this.settings.clock.now(),
      routes: new Map(),
      readUntil: 0,
      callsBy: undefined,
    };
    this.#deployments.set(deployment, fresh);
    return fresh;
  }

  #route(known: Known, route: string | undefined) {
    if (route === undefined) return undefined;
    const name =
      known.routes.has(route) || known.routes.size < this.settings.limits.routes ? route : otherRoutes;
    const counts = known.routes.get(name) ?? { requests: 0, errors: 0, timed: 0 };
    known.routes.set(name, counts);
    return counts;
  }

  /** Lets go of what is too old, once a second. */
  #forget(now: number): void {
    if (Math.abs(now - this.#forgotAt) < 1_000) return;
    this.#forgotAt = now;
    this.record.forget(now - this.settings.limits.keepMs - 1_000);
  }
}
