// Loaded into a command of `atoms` by `node --import`: names every write to the store and every call of the platform as
// it comes, and ends the process with SIGKILL at the one it was told to. The product knows nothing of it.
//
// KILL_POINTS_TO  file to which each point is written as it is reached, one a line
// KILL_AT         the point to die at, e.g. "write insert atoms.ledger #3 after"
// KILL_AFTER      how many points to reach and die at the last of them, e.g. "17"
// KILL_API        address of the platform's API; other requests are no points
import diagnostics from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

const { KILL_POINTS_TO, KILL_AT, KILL_AFTER, KILL_API } = process.env;
const counts = new Map();
let reached = 0;

/** Counts one occurrence. @returns its name without the moment. */
function next(what) {
  const nth = (counts.get(what) ?? 0) + 1;
  counts.set(what, nth);
  return `${what} #${nth}`;
}

function reach(point, moment) {
  const name = `${point} ${moment}`;
  if (KILL_POINTS_TO !== undefined) appendFileSync(KILL_POINTS_TO, `${name}\n`);
  reached += 1;
  if (name === KILL_AT || String(reached) === KILL_AFTER) process.kill(process.pid, "SIGKILL");
}

/** The verb and the table of a statement that changes something; undefined for reads, and for the heartbeat, which follows the clock. */
function writeOf(text) {
  const plain = text.replace(/\s+/g, " ").trim().toLowerCase();
  if (plain.startsWith("commit")) return "write commit";
  const change = /\b(insert into|update|delete from) "?([a-z_]+"?\."?[a-z_]+)/.exec(plain);
  if (change === null || change[2].includes("worker")) return undefined;
  return `write ${change[1].split(" ")[0]} ${change[2].replaceAll('"', "")}`;
}

function watchWrites() {
  const engine = fileURLToPath(new URL("../../packages/engine/package.json", import.meta.url));
  const { Client } = createRequire(engine)("pg");
  const query = Client.prototype.query;
  Client.prototype.query = function (config, ...rest) {
    const text = typeof config === "string" ? config : config?.text;
    const what = typeof text === "string" ? writeOf(text) : undefined;
    if (what === undefined) return query.call(this, config, ...rest);
    const point = next(what);
    reach(point, "before");
    const last = rest.at(-1);
    if (typeof last === "function") {
      rest[rest.length - 1] = (...answer) => {
        reach(point, "after");
        last(...answer);
      };
      return query.call(this, config, ...rest);
    }
    const answer = query.call(this, config, ...rest);
    if (typeof answer?.then !== "function") return answer;
    return answer.then((rows) => {
      reach(point, "after");
      return rows;
    });
  };
}

function watchCalls() {
  const points = new WeakMap();
  const on = (channel, moment, later) =>
    diagnostics.subscribe(channel, ({ request }) => {
      const point = points.get(request);
      if (point === undefined) return;
      // What was handed to the socket is on its way once this turn of the event loop is over.
      if (later) setImmediate(() => reach(point, moment));
      else reach(point, moment);
    });
  diagnostics.subscribe("undici:request:create", ({ request }) => {
    if (KILL_API === undefined || String(request.origin) !== new URL(KILL_API).origin) return;
    const path = request.path
      .replace(/\?.*$/, "")
      .replace(/\/(dpl|prj|team|rel|env|icfg|ecfg|drn)_[A-Za-z0-9_]+/g, "/$1");
    const point = next(`call ${request.method} ${path}`);
    points.set(request, point);
    reach(point, "before");
  });
  on("undici:request:bodySent", "during", true);
  on("undici:request:headers", "after", false);
}

if (isMainThread && join(process.argv[1] ?? "").endsWith("atoms.js")) {
  watchWrites();
  watchCalls();
}
