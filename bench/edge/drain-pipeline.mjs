// What follows a request in the local cloud, in a process of its own: its record in the log and at the drains. The records
// come at a set rate instead of from visitors, who would need more cores than the drains do.
//   node drain-pipeline.mjs '{"folder":"/tmp/x","receiver":"http://127.0.0.1:1","rate":10000,"seconds":5}'
// Prints one line of JSON: {records, processorSeconds, behindMs}; `behindMs` from the last record to the last delivery.
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

const dist = (path) => import(new URL(`../../packages/local-cloud/dist/${path}`, import.meta.url));
const [
  { Drains },
  { Places },
  { Seal },
  { State },
  { RequestLog },
  { RuntimeLogs },
  { systemRandom, hostWord },
] = await Promise.all(
  [
    "drains/drains.js",
    "folder/places.js",
    "folder/seal.js",
    "folder/state.js",
    "request-log.js",
    "runtime/runtime-logs.js",
    "ids.js",
  ].map(dist),
);

const LOG_BYTES = 64 * 1024 * 1024;
const GIVEN_UP_MS = 30_000;
const TOGETHER = 32;

const { folder, receiver, rate, seconds } = JSON.parse(process.argv[2]);
const places = new Places(folder);
const state = State.open(folder);
const seal = Seal.open(places.key);
const requests = await RequestLog.open(places.requests, LOG_BYTES);
const drains = new Drains(
  state,
  seal,
  places,
  requests,
  new RuntimeLogs(places, LOG_BYTES, Date.now, systemRandom),
);

state.deployments.put({
  id: "dpl_bench",
  name: "shop",
  projectId: "prj_bench",
  target: "production",
  url: "shop-1.localhost",
  git: {},
  regions: [],
  customEnvironment: null,
});
for (const schema of ["log", "trace"])
  state.drains.put({
    id: schema,
    name: schema,
    createdAt: 0,
    updatedAt: 0,
    projects: "all",
    projectIds: [],
    schemas: { [schema]: { version: "v1" } },
    delivery: {
      type: "http",
      endpoint: `${receiver}/${schema}`,
      encoding: "json",
      compression: "none",
      headers: {},
      sealedSecret: seal.close("bench"),
    },
    filter: { projectIds: [], sources: [], environments: [] },
    shownFilter: null,
    sampling: [],
  });

/** A record as the edge makes it. */
function record(n) {
  const word = hostWord(17, systemRandom);
  const bytes = Buffer.from(systemRandom(24)).toString("hex");
  const at = Date.now();
  return {
    id: `local1::dev1::${word.slice(0, 5)}-${at}-${word.slice(5)}`,
    at,
    projectId: "prj_bench",
    deploymentId: "dpl_bench",
    target: "production",
    branch: null,
    method: "GET",
    host: "shop.localhost",
    path: "/orders?page=2",
    status: 200,
    runtimeStatus: 200,
    error: null,
    durationMs: 1.234,
    bytesOut: 1024,
    clientIp: "127.0.0.1",
    userAgent: `bench-${n}`,
    referer: null,
    traceId: bytes.slice(0, 32),
    spanId: bytes.slice(32),
    parentSpanId: null,
    instance: "ins_bench",
  };
}

const waiting = () => drains.health("log").waiting + drains.health("trace").waiting;
const processor = process.cpuUsage();
const began = performance.now();
let records = 0;
while (records < rate * seconds) {
  const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) / 1_000) * rate));
  // What came late comes a few at a time, as from connections, and others have their turn between.
  for (let n = 0; n < TOGETHER && records < due; n++) requests.add(record(records++));
  await (records < due ? nextTurn() : wait(1));
}
const last = performance.now();
while (waiting() > 0 && performance.now() < last + GIVEN_UP_MS) await wait(5);
const behindMs = performance.now() - last;
const { user, system } = process.cpuUsage(processor);
await drains.close();
await requests.flush();
state.close();
console.log(JSON.stringify({ records, processorSeconds: (user + system) / 1e6, behindMs }));
