import { type HttpResult, stampOf } from "../terms/index.js";
import { inWords } from "./answer.js";
import { judgeHealth } from "./checks/health.js";
import { toolFor } from "./checks/mcp-call.js";
import { strangerIn } from "./checks/serves-itself.js";
import { OutOfTime, within } from "./deadline.js";
import { converse } from "./mcp/converse.js";
import { callTool, listTools } from "./mcp/tools.js";
import type { Sample, SamplePart, Target } from "./model.js";
import type { ValidationPorts } from "./ports.js";
import type { ValidationPlan } from "./settings.js";
import { type Visit, visit } from "./visit.js";

/**
 * One light look at a deployment that has traffic: its health, and one thing that needs the token (the path of
 * `watch.path`, else the catalogue and a tool call, else nothing). Parts are looked at side by side; each says who
 * answered, and an answer that names another deployment or version than the target's is not ok.
 * Takes at most three time-outs.
 * @throws The reason of `ports.signal` when it fires. What the service does is in the sample.
 */
export async function watchSample(
  target: Target,
  settings: ValidationPlan,
  ports: ValidationPorts,
): Promise<Sample> {
  const one = visit(target, settings, ports);
  const { health, mcp } = settings.smoke;
  const { path } = settings.watch;
  const looks: Promise<SamplePart>[] = [];
  if (health !== false) looks.push(look(one, "health", (v) => lookAtHealth(v, health)));
  if (path !== undefined) looks.push(look(one, "path", (v) => lookAtPath(v, path)));
  else if (mcp !== false) looks.push(look(one, "mcp", (v) => lookAtMcp(v, mcp)));
  // A look at nothing would be a pass on silence.
  if (looks.length === 0) looks.push(look(one, "path", (v) => lookAtPath(v, "/")));
  const parts = await Promise.all(looks);
  const trouble = parts.find((part) => !part.ok);
  return {
    ok: trouble === undefined,
    saw: (trouble ?? parts[0])?.saw ?? "",
    ms: Math.max(...parts.map((part) => part.ms)),
    parts,
  };
}

type Judged = { ok: boolean; saw: string; http?: HttpResult };

async function look(
  one: Visit,
  name: SamplePart["name"],
  work: (v: Visit) => Promise<Judged>,
): Promise<SamplePart> {
  const began = one.clock.monotonic();
  const limit = 3 * one.settings.timeout;
  let judged: Judged;
  try {
    judged = await within(limit, one.clock, one.signal, (signal) => work(one.under(signal)));
  } catch (error) {
    one.signal.throwIfAborted();
    const why =
      error instanceof OutOfTime
        ? `not done after ${limit} ms`
        : error instanceof Error
          ? error.message
          : String(error);
    judged = { ok: false, saw: `${name}: ${why}` };
  }
  const { http } = judged;
  const other = http === undefined ? undefined : strangerIn(http, one.target);
  return {
    name,
    ok: judged.ok && other === undefined,
    status: http?.answered ? http.status : null,
    ms: Math.round(one.clock.monotonic() - began),
    saw: one.redact(other === undefined ? judged.saw : `the answer came from ${other}`),
    deployment: (http === undefined ? undefined : stampOf(http).deployment) ?? null,
  };
}

async function lookAtHealth(v: Visit, health: Parameters<typeof judgeHealth>[1]): Promise<Judged> {
  const http = await v.ask({ path: health.path });
  const seen = judgeHealth(http, health);
  return { ok: seen.outcome === "pass", saw: seen.saw.replace(/\.$/, ""), http };
}

async function lookAtPath(v: Visit, path: string): Promise<Judged> {
  const http = await v.ask({ path, as: "user" });
  const ok = http.answered && http.status >= 200 && http.status < 300;
  return { ok, saw: `${path} ${inWords(http)}`, http };
}

async function lookAtMcp(v: Visit, mcp: Exclude<ValidationPlan["smoke"]["mcp"], false>): Promise<Judged> {
  if (mcp.call !== false && mcp.call.tool !== undefined) {
    const ready = await toolFor(v, mcp, mcp.call);
    if ("seen" in ready) return { ok: false, saw: ready.seen.saw.replace(/\.$/, "") };
    const call = await callTool(ready.conversation, ready.tool, mcp.call.arguments);
    await ready.conversation.end();
    const { http } = call.reply;
    return { ok: call.ok, saw: `${ready.tool} ${call.ok ? "worked" : call.saw}`, http };
  }
  const greeting = await converse(v, mcp);
  if (!greeting.open) return { ok: false, saw: `${mcp.path}: ${greeting.saw}` };
  const listed = await listTools(greeting.conversation);
  await greeting.conversation.end();
  const { http } = listed.reply;
  if ("saw" in listed) return { ok: false, saw: `${mcp.path}: ${listed.saw}`, http };
  const ok = listed.tools.length > 0;
  return { ok, saw: ok ? `${listed.tools.length} tools are listed` : "no tool is listed", http };
}
