import { isLoopback } from "../config/loopback.js";
import type { Services } from "../services.js";
import { problem } from "./answers.js";
import type { Exchange } from "./exchange.js";

/** Whether a request may read `/metrics` and the snapshot; others are told there is no such route. */
export function mayMonitor(exchange: Exchange, services: Services): boolean {
  return services.config.probeToken === undefined ? isLoopback(exchange.clientIp) : exchange.probe;
}

/** Answers `/metrics`. */
export function metricsAnswer(services: Services): Response {
  const { config } = services;
  const build = { version: services.version(), commit: config.commit, deployment_id: config.deploymentId };
  const text = services.metrics.text(build, {
    maintenance: services.maintenance.lastKnown,
    faultsEnabled: services.faults.enabled,
  });
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

/** Answers `/api/observability/snapshot`. */
export function snapshotAnswer(url: URL, exchange: Exchange, services: Services): Response {
  const asked = url.searchParams.get("window") ?? "60";
  const seconds = /^\d+$/.test(asked) ? Number(asked) : Number.NaN;
  if (!(seconds >= 10 && seconds <= 600)) {
    return problem(
      400,
      "invalid_request",
      "window is a number of seconds from 10 to 600.",
      exchange.requestId,
    );
  }
  return Response.json(services.window.snapshot(seconds, services.runtime.now(), services.version()));
}
