import type { Clock, LogLine, Platform } from "@atoms/playbook";
import type { EventWindow } from "../calls/logs.js";
import type { VercelClient } from "../client.js";
import { take } from "../pages.js";
import { isAbsent, VercelError } from "../vercel-error.js";
import type { BuildEvent } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";
import { levelOf, stampOf } from "./translate.js";

/** Runtime lines are asked for over this span; the longest that any plan keeps is three days. */
const longestKeptMs = 3 * 24 * 3600_000;

/** The runtime stream of a personal project never ends by itself; what came until then is what there is. */
const listenMs = 2_000;

/** Reads the logs of a deployment: what its build wrote, what it wrote while running, what it answered. */
export function logsOf(
  client: VercelClient,
  options: { clock: Clock },
  project: Project,
  explain: Explain,
): Platform["logs"] {
  const running = async (deployment: string, limit: number, signal?: AbortSignal): Promise<LogLine[]> => {
    const of = await project.look(signal);
    if (of === undefined) return [];
    const to = options.clock.now();
    const window: EventWindow = {
      ownerId: of.accountId ?? "",
      projectId: of.id,
      deploymentId: deployment,
      from: to - longestKeptMs,
      to,
      limit: Math.min(limit, 1000),
    };
    // Only projects of a team have the event calls, and not every address serves them.
    const events = window.ownerId.startsWith("team_") ? await orAbsent(ofTeam(window, signal)) : undefined;
    return events ?? (await ofPerson(window, signal));
  };

  const ofTeam = async (window: EventWindow, signal?: AbortSignal): Promise<LogLine[]> => {
    const [lines, requests] = await Promise.all([
      client.logs.runtimeEvents(window, signal),
      client.logs.requestEvents(window, signal),
    ]);
    return [
      ...lines.map(({ timestamp, level, message }) => runtimeLine(stampOf(timestamp), level, message)),
      ...requests.map((one) =>
        requestLine(
          stampOf(one.timestamp),
          one.requestMethod,
          one.requestHostname,
          one.requestPath,
          one.httpStatus,
        ),
      ),
    ];
  };

  const ofPerson = async (window: EventWindow, signal?: AbortSignal): Promise<LogLine[]> => {
    const { projectId, deploymentId, limit } = window;
    const lines: LogLine[] = [];
    for await (const line of client.logs.runtimeLogs(projectId, deploymentId, listenMs, signal)) {
      if (line.source === "delimiter" || line.source === "request") continue;
      lines.push(runtimeLine(line.timestampInMs, line.level, line.message));
      if (lines.length > limit) lines.shift();
    }
    for (const row of (await orAbsent(client.logs.requestLogs(window, signal))) ?? []) {
      const { requestMethod, domain, requestPath, statusCode } = row;
      lines.push(requestLine(Date.parse(row.timestamp), requestMethod, domain, requestPath, statusCode));
    }
    return lines;
  };

  return (deployment, limit, signal) =>
    explain({ asked: `show the log of ${deployment}`, deployment }, async () => {
      if (limit <= 0) return [];
      const [built, ran] = await Promise.all([
        take(client.deployments.events(deployment, { newest: limit }, signal), limit),
        running(deployment, limit, signal).catch((error: unknown) => [notGiven(error, options.clock)]),
      ]);
      return [...built.flatMap(buildLine), ...ran].sort((a, b) => a.at - b.at).slice(-limit);
    });
}

function buildLine(event: BuildEvent): LogLine[] {
  if (event.text === undefined || event.text === "") return [];
  const level = event.level === undefined && event.type === "fatal" ? "error" : levelOf(event.level);
  return event.text
    .replace(/\n$/, "")
    .split("\n")
    .map((text) => ({ at: event.created, source: "build", level, text }));
}

function runtimeLine(at: number, level: string | undefined, text: string | undefined): LogLine {
  return { at, source: "runtime", level: levelOf(level), text: text?.trimEnd() ?? "" };
}

function requestLine(
  at: number,
  method: string | undefined,
  host: string | undefined,
  path: string | undefined,
  status: number | undefined,
): LogLine {
  // No status, or -1: the service never answered.
  const answered = status !== undefined && status > 0;
  const level = !answered || status >= 500 ? "error" : status >= 400 ? "warning" : "info";
  const said = answered ? String(status) : "no answer";
  return { at, source: "request", level, text: `${method ?? "GET"} ${host ?? ""}${path ?? ""} ${said}` };
}

/** What a call gives, or undefined where the platform has no such call. */
async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
}

/** Build lines are worth having alone; that the others are lacking is said in their place. */
function notGiven(error: unknown, clock: Clock): LogLine {
  if (!(error instanceof VercelError)) throw error;
  return {
    at: clock.now(),
    source: "runtime",
    level: "warning",
    text: `the platform gave no runtime lines: ${error.message}`,
  };
}
