import type { Hono } from "hono";
import type { Deployment, RuntimeLine } from "../model.js";
import type { World } from "../world.js";
import { deploymentOf, projectOf } from "./lookups.js";
import { number } from "./paging.js";

const HISTORY = 1_000;
const FOLLOW_MS = 5 * 60_000;
const MESSAGE_MAX = 8 * 1024;

/**
 * What a deployment's processes print. With `format=lines`, as the command asks for it: one JSON object per line, the
 * newest kept lines, then live ones for five minutes; `follow=0` (an addition of this cloud) ends after the kept lines.
 * Without it, as the SDK asks: the newest kept line alone, because the SDK waits for the end and then reads the whole
 * body as one JSON value.
 */
export function runtimeLogRoutes(app: Hono, world: World): void {
  app.get("/projects/:project/deployments/:deployment/runtime-logs", async (c) => {
    projectOf(world, c.req.param("project"));
    const deployment = deploymentOf(world, c.req.param("deployment"));
    const headers = { "content-type": "application/stream+json", "cache-control": "no-store" };
    if (c.req.query("format") !== "lines") {
      const line = (await world.runtimeLogs.of(deployment.id).read()).at(-1);
      const shown = line ? lineJson(deployment, line) : nothingYet(deployment, world.clock());
      return new Response(`${JSON.stringify(shown)}\n`, { headers });
    }
    const history = number(c, "limit") ?? HISTORY;
    return new Response(lines(world, deployment, history, c.req.query("follow") !== "0"), { headers });
  });
}

/** Stands for a line where one is needed and none was printed: a delimiter is the row that is no message. */
function nothingYet(deployment: Deployment, at: number) {
  return {
    level: "info",
    message: "",
    messageTruncated: false,
    rowId: "",
    source: "delimiter",
    timestampInMs: at,
    domain: deployment.url,
    requestMethod: "",
    requestPath: "",
    responseStatusCode: 0,
  };
}

function lineJson(deployment: Deployment, line: RuntimeLine) {
  return {
    level: line.level,
    message: line.message.slice(0, MESSAGE_MAX),
    messageTruncated: line.message.length > MESSAGE_MAX,
    rowId: line.id,
    source: "serverless",
    timestampInMs: line.at,
    domain: deployment.url,
    requestId: line.requestId ?? "",
    requestMethod: "",
    requestPath: "",
    responseStatusCode: line.statusCode ?? 0,
  };
}

function lines(
  world: World,
  deployment: Deployment,
  history: number,
  follow: boolean,
): ReadableStream<Uint8Array> {
  const log = world.runtimeLogs.of(deployment.id);
  const encoder = new TextEncoder();
  let end = () => {};
  return new ReadableStream({
    async start(stream) {
      const sent = new Set<string>();
      const send = (line: RuntimeLine) => {
        if (sent.has(line.id)) return;
        stream.enqueue(encoder.encode(`${JSON.stringify(lineJson(deployment, line))}\n`));
      };
      let early: RuntimeLine[] | null = [];
      const unsubscribe = follow
        ? log.subscribe((line) => (early ? early.push(line) : send(line)))
        : () => {};
      const kept = (await log.read()).slice(-history);
      for (const line of kept) {
        send(line);
        sent.add(line.id);
      }
      for (const line of early) send(line);
      early = null;
      const timer = setTimeout(() => {
        end();
        stream.close();
      }, FOLLOW_MS);
      end = () => {
        clearTimeout(timer);
        unsubscribe();
      };
      if (!follow) {
        end();
        stream.close();
      }
    },
    cancel: () => end(),
  });
}
