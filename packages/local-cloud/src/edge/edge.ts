import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { KEEP_ALIVE_MS } from "../http1/plain-response.js";
import { answerPlainRequests } from "../http1/visitors.js";
import type { Deployment, RequestRecord } from "../model.js";
import { type Instance, InstanceFailure } from "../runtime/instance.js";
import { bareHost, type World } from "../world.js";
import { type Choice, Chooser } from "./choose.js";
import { EDGE_ERRORS, type EdgeError, type OwnAnswer, sendEdgeError } from "./edge-error.js";
import { type Forwarded, forward } from "./forward.js";
import { forwardPlain } from "./forward-plain.js";
import { type AddedHeaders, clientIpOf, requestHeaders, type VisitedBy } from "./headers.js";
import { regionOf } from "./regions.js";
import { traceOf } from "./trace.js";
import { answerPlainly, forwardUpgrade, isMereOffer, refuseUpgrade } from "./upgrade.js";

/** How long a broken connection waits for news of its process's end, to tell a crash from a refusal. */
const NEWS_MS = 150;

/** For so many requests digits are drawn at a time. */
const DRAWN_FOR = 64;

/** One request on its way, and what was chosen for it. */
interface Visit extends Choice {
  readonly id: string;
  readonly at: number;
  readonly began: number;
  readonly host: string;
  readonly clientIp: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
}

/** Sends the request to an instance with these headers, and its answer back with those. */
type Pass = (
  instance: Instance,
  headers: string[],
  added: AddedHeaders,
  done: (result: Forwarded) => void,
) => void;

/** A request that a deployment is to answer, and the headers that the edge adds to the answer. */
interface Exchange {
  readonly request: VisitedBy;
  readonly response: OwnAnswer;
  readonly pass: Pass;
  readonly visit: Visit;
  readonly deployment: Deployment;
  readonly added: AddedHeaders;
}

/** How a visit ended, for its record. */
interface Ending {
  readonly status: number;
  readonly runtimeStatus?: number;
  readonly error?: string | null;
  readonly bytes?: number;
  readonly instance?: Instance | null;
}

/** The listener that traffic comes to: the host decides which deployment answers. */
export class Edge {
  readonly server: Server;
  readonly #chooser: Chooser;
  readonly #upgraded = new Set<Duplex>();
  readonly #closeVisitors: () => void;
  /** Hexadecimal, by chance; those before `#digitsAt` are used. */
  #digits = "";
  #digitsAt = 0;

  constructor(private readonly world: World) {
    this.#chooser = new Chooser(world);
    this.server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
      (request, response) => {
        if (request.url?.startsWith("/") === false) request.url = pathOf(request.url);
        this.#guarded(response, () =>
          this.#answer(request, response, (...rest) => forward(request, response, ...rest)),
        );
      },
    );
    this.server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head).catch(() => socket.destroy());
    });
    this.#closeVisitors = answerPlainRequests(this.server, (request, response) => {
      this.#guarded(response, () =>
        this.#answer(request, response, (...rest) => forwardPlain(request, response, ...rest)),
      );
    });
  }

  /** Stops listening and ends all connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
      this.#closeVisitors();
      for (const socket of this.#upgraded) socket.destroy();
    });
  }

  /** Does one step of an answer. A fault of the edge itself ends that answer alone. */
  #guarded(response: OwnAnswer, step: () => void | Promise<void>): void {
    try {
      step()?.catch((error: unknown) => ownFault(response, error));
    } catch (error) {
      ownFault(response, error);
    }
  }

  // No promises on the way of an answer that nothing is wrong with: they would take a twentieth of its time.
  #answer(request: VisitedBy, response: OwnAnswer, pass: Pass): void | Promise<void> {
    const visit = this.#visit(request);
    const { deployment, passage } = visit;
    if (passage.kind === "closed") return sendEdgeError(response, EDGE_ERRORS.protected, visit.id);
    if (passage.kind === "challenged") {
      response.setHeader("x-vercel-mitigated", "challenge");
      return sendEdgeError(response, EDGE_ERRORS.challenged, visit.id);
    }
    if (passage.kind === "redirect") {
      const { status, location, cookie } = passage;
      const setCookie = cookie === null ? {} : { "set-cookie": cookie };
      response.writeHead(status, { location, ...setCookie, "x-vercel-id": visit.id });
      response.end();
      return;
    }
    if (!deployment) return sendEdgeError(response, EDGE_ERRORS.notFound, visit.id);
    if (deployment.readyState !== "READY") return sendEdgeError(response, EDGE_ERRORS.notReady, visit.id);
    const exchange = { request, response, pass, visit, deployment, added: markers(visit, deployment) };
    if (this.world.regions.isDown(regionOf(deployment)))
      return this.#refuse(exchange, EDGE_ERRORS.noAnswer, null);
    const running = this.world.fleet.running(deployment.id);
    if (running) return this.#forward(exchange, running);
    return this.world.fleet.acquire(deployment).then(
      (instance) => this.#forward(exchange, instance),
      (error: unknown) => this.#refuse(exchange, startError(error), null),
    );
  }

  #forward(exchange: Exchange, instance: Instance): void {
    const { request, response, pass, visit, deployment, added } = exchange;
    const end = instance.begin(visit.id);
    const headers = requestHeaders(request, this.#forwarding(visit, deployment));
    pass(instance, headers, added, (result) => {
      end();
      this.#guarded(response, () => this.#settle(exchange, instance, result));
    });
  }

  #settle(exchange: Exchange, instance: Instance, result: Forwarded): void | Promise<void> {
    const { request, visit, deployment } = exchange;
    switch (result.outcome) {
      case "answered":
      case "client-left":
        return this.#record(request, visit, deployment, {
          status: result.status,
          bytes: result.bytes,
          instance,
        });
      case "broken":
        return this.#breakOff(exchange, instance, result);
      case "failed":
        if (isUnfit(result.reason)) return this.#refuse(exchange, EDGE_ERRORS.badRequest, instance);
        return silenceError(instance, result.timedOut).then((error) =>
          this.#refuse(exchange, error, instance),
        );
    }
  }

  /** Ends an answer that its process did not finish. */
  async #breakOff(
    { request, response, visit, deployment }: Exchange,
    instance: Instance,
    { status, bytes }: { readonly status: number; readonly bytes: number },
  ): Promise<void> {
    response.destroy();
    const crashed = await hasEnded(instance);
    this.#record(request, visit, deployment, {
      status,
      runtimeStatus: crashed ? -1 : status,
      error: crashed ? EDGE_ERRORS.failed.code : EDGE_ERRORS.noAnswer.code,
      bytes,
      instance,
    });
  }

  /** Answers instead of a process that did not. */
  #refuse(
    { request, response, visit, deployment, added }: Exchange,
    error: EdgeError,
    instance: Instance | null,
  ): void {
    if (!response.headersSent) for (const [name, value] of added) response.setHeader(name, value);
    sendEdgeError(response, error, visit.id);
    // What the visitor did wrong is no failure of the deployment.
    const runtimeStatus = error.status < 500 ? error.status : -1;
    this.#record(request, visit, deployment, {
      status: error.status,
      runtimeStatus,
      error: error.code,
      instance,
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (isMereOffer(request)) return answerPlainly(this.server, request, socket, head);
    this.#upgraded.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#upgraded.delete(socket));
    const visit = this.#visit(request);
    const { deployment, passage } = visit;
    const id = new Map([["x-vercel-id", visit.id]]);
    if (passage.kind === "closed") return refuseUpgrade(socket, EDGE_ERRORS.protected, id);
    if (passage.kind === "challenged")
      return refuseUpgrade(socket, EDGE_ERRORS.challenged, id.set("x-vercel-mitigated", "challenge"));
    if (deployment?.readyState !== "READY") return refuseUpgrade(socket, EDGE_ERRORS.notFound, id);
    const added = markers(visit, deployment);
    const refuse = (error: EdgeError, instance: Instance | null) => {
      refuseUpgrade(socket, error, added);
      const { status, code } = error;
      this.#record(request, visit, deployment, { status, runtimeStatus: -1, error: code, instance });
    };
    if (this.world.regions.isDown(regionOf(deployment))) return refuse(EDGE_ERRORS.noAnswer, null);
    let instance: Instance;
    try {
      instance = await this.world.fleet.acquire(deployment);
    } catch (error) {
      return refuse(startError(error), null);
    }
    const end = instance.begin(visit.id);
    const headers = requestHeaders(request, this.#forwarding(visit, deployment));
    const { answerMs } = this.world.limits;
    const result = await forwardUpgrade(request, socket, head, instance, headers, added, answerMs);
    end();
    if (result.outcome !== "failed") {
      const status = result.outcome === "answered" ? result.status : 0;
      return this.#record(request, visit, deployment, { status, instance });
    }
    refuse(await silenceError(instance, result.timedOut), instance);
  }

  #visit(request: VisitedBy): Visit {
    const at = this.world.clock();
    const began = performance.now();
    const host = bareHost(request.headers.host ?? "");
    const clientIp = clientIpOf(request);
    const { deployment, passage, cookie, onCanary } = this.#chooser.choose(request, host, clientIp);
    const digits = this.#drawn();
    const word = digits.slice(0, 17);
    const trace = traceOf(request.headers["traceparent"], digits.slice(17));
    // As Vercel writes it: where the request came in, then the region that runs what answers it.
    const through = deployment === undefined ? "local1" : `local1::${regionOf(deployment)}`;
    return {
      id: `${through}::${word.slice(0, 5)}-${at}-${word.slice(5)}`,
      at,
      began,
      host,
      clientIp,
      traceId: trace.traceId,
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      deployment,
      passage,
      cookie,
      onCanary,
    };
  }

  /** The digits of one request, drawn for many at a time: 17 of its id, and the 48 of a trace and a span. */
  #drawn(): string {
    if (this.#digitsAt >= this.#digits.length) {
      this.#digits = Buffer.from(this.world.random(33 * DRAWN_FOR)).toString("hex");
      this.#digitsAt = 0;
    }
    this.#digitsAt += 66;
    return this.#digits.slice(this.#digitsAt - 66, this.#digitsAt);
  }

  #forwarding(visit: Visit, deployment: Deployment) {
    const traceparent = `00-${visit.traceId}-${visit.spanId}-01`;
    return { requestId: visit.id, clientIp: visit.clientIp, deploymentUrl: deployment.url, traceparent };
  }

  #record(request: VisitedBy, visit: Visit, deployment: Deployment, ending: Ending): void {
    const record: RequestRecord = {
      id: visit.id,
      at: visit.at,
      projectId: deployment.projectId,
      deploymentId: deployment.id,
      target: deployment.target,
      branch: deployment.git["commitRef"] ?? null,
      method: request.method ?? "GET",
      host: visit.host,
      path: request.url ?? "/",
      status: ending.status,
      runtimeStatus: ending.runtimeStatus ?? ending.status,
      error: ending.error ?? null,
      durationMs: Math.round((performance.now() - visit.began) * 1000) / 1000,
      bytesOut: ending.bytes ?? 0,
      clientIp: visit.clientIp,
      userAgent: request.headers["user-agent"] ?? "",
      referer: request.headers.referer ?? null,
      traceId: visit.traceId,
      spanId: visit.spanId,
      parentSpanId: visit.parentSpanId,
      instance: ending.instance?.id ?? null,
    };
    this.world.requests.add(record);
  }
}

function ownFault(response: OwnAnswer, error: unknown): void {
  console.error("The edge failed on a request:", error);
  sendEdgeError(response, EDGE_ERRORS.failed, "unknown");
}

/** The headers that the edge adds to every answer of a deployment. */
function markers({ id, cookie, onCanary }: Visit, deployment: Deployment): AddedHeaders {
  const added = new Map([
    ["x-vercel-id", id],
    ["x-vercel-deployment-url", deployment.url],
    ["x-atoms-cloud-deployment", deployment.id],
  ]);
  if (onCanary) added.set("x-vercel-rolling-release-canary", "true");
  if (cookie !== null) added.set("set-cookie", cookie);
  return added;
}

/** True when the request never left: it cannot be put to a process, as with two hosts, or a target that is no path. */
const isUnfit = (reason: Error): boolean => (reason as { code?: string }).code === "UND_ERR_INVALID_ARG";

const startError = (error: unknown): EdgeError =>
  error instanceof InstanceFailure && error.how === "silent" ? EDGE_ERRORS.timeout : EDGE_ERRORS.failed;

/** What to call it that a process gave no answer. */
async function silenceError(instance: Instance, timedOut: boolean): Promise<EdgeError> {
  if (timedOut) return EDGE_ERRORS.timeout;
  return (await hasEnded(instance)) ? EDGE_ERRORS.failed : EDGE_ERRORS.noAnswer;
}

/** The path of a target that a client of proxies writes in full (`GET http://host/path`). */
function pathOf(target: string): string {
  if (!URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

async function hasEnded(instance: Instance): Promise<boolean> {
  const until = performance.now() + NEWS_MS;
  while (!instance.hasEnded && performance.now() < until) await wait(10);
  return instance.hasEnded;
}
