// The ingest of drains: records per second and core, from signed bodies to counts. The bound is 50,000.
// It prints for itself, because more is better here. Time is processor time, all threads together: what else this
// machine does at the moment does not matter.
import { gzipSync } from "node:zlib";
import { drainIngest } from "../apps/control-plane/dist/ingest/index.js";
import { signDelivery } from "../packages/vercel/dist/index.js";

const bound = 50_000;
const perDelivery = 500;
const secret = "bench-secret";
const start = Date.now();
let number = 0;

function logRecord() {
  const n = number++;
  const failed = n % 100 === 0;
  const status = failed ? 500 : 200;
  return {
    id: `1763921530${n}`,
    deploymentId: n % 10 === 0 ? "dpl_233NRGRjVZX1caZrXWtz5g1TAksD" : "dpl_2YZzo1cJAjijSf1hwDFK5ayu2Pid",
    source: "lambda",
    host: "shop.example.com",
    timestamp: start + (n % 1_000),
    projectId: "prj_gdufoJxB6b9b1fEqr1jUtFkyavUU",
    projectName: "shop",
    level: failed ? "error" : "info",
    message: "START RequestId: 643af4e3-975a-4cc7-9e7a-1eda11539d90 Version: $LATEST",
    entrypoint: "api/index.js",
    statusCode: status,
    requestId: `643af4e3-975a-4cc7-9e7a-${n}`,
    environment: "production",
    branch: "main",
    path: "/api/orders/[id]",
    executionRegion: "iad1",
    traceId: `7bba9f33312b3dbb8b2c2c62${n}`,
    proxy: {
      timestamp: start + (n % 1_000),
      method: "GET",
      host: "shop.example.com",
      path: `/api/orders/${n}?page=2`,
      userAgent: ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"],
      region: "sfo1",
      statusCode: status,
      clientIp: "120.75.16.101",
      scheme: "https",
      responseByteSize: 1024,
      pathType: "func",
      vercelId: `sfo1::iad1::${n}-1763921530-a1b2c3d4`,
      vercelCache: "MISS",
      lambdaRegion: "iad1",
    },
  };
}

function span() {
  const n = number++;
  const from = start + (n % 1_000);
  return {
    traceId: `7bba9f33312b3dbb8b2c2c62${n}`,
    spanId: `086e8374${n}`,
    name: "GET /api/orders/[id]",
    kind: 2,
    startTimeUnixNano: `${from}000000`,
    endTimeUnixNano: `${from + 5 + (n % 400)}000000`,
    attributes: [
      { key: "http.request.method", value: { stringValue: "GET" } },
      { key: "http.route", value: { stringValue: "/api/orders/[id]" } },
      { key: "url.path", value: { stringValue: `/api/orders/${n}` } },
      { key: "http.response.status_code", value: { intValue: "200" } },
      { key: "vercel.request_id", value: { stringValue: `643af4e3-975a-4cc7-9e7a-${n}` } },
    ],
    status: {},
  };
}

const some = (make) => Array.from({ length: perDelivery }, make);
const writers = {
  "log records, JSON": () => JSON.stringify(some(logRecord)),
  "log records, NDJSON": () =>
    some(logRecord)
      .map((record) => JSON.stringify(record))
      .join("\n"),
  "log records, JSON, gzip": () => JSON.stringify(some(logRecord)),
  "spans, OTLP": () => {
    const deployment = {
      key: "vercel.deploymentId",
      value: { stringValue: "dpl_2YZzo1cJAjijSf1hwDFK5ayu2Pid" },
    };
    return JSON.stringify({
      resourceSpans: [{ resource: { attributes: [deployment] }, scopeSpans: [{ spans: some(span) }] }],
    });
  },
};

async function measure(what, write) {
  const ingest = drainIngest({
    secretOf: () => secret,
    clock: { now: Date.now, monotonic: () => performance.now(), sleep: () => new Promise(() => undefined) },
    slow: [200, 500, 1_000],
    leaveOut: ["/health"],
  });
  const zipped = what.endsWith("gzip");
  // Every delivery is new, as in life: one that repeats would be known by its signature and cost nothing.
  const deliveries = Array.from({ length: 200 }, () => {
    const body = write();
    return {
      body: zipped ? gzipSync(body) : body,
      signature: signDelivery(body, secret),
      bytes: body.length,
    };
  });
  const send = async ({ body, signature }) => {
    const headers = { "x-vercel-signature": signature, ...(zipped ? { "content-encoding": "gzip" } : {}) };
    const answer = await ingest.handle(
      new Request("http://127.0.0.1/drains/logs", { method: "POST", headers, body }),
    );
    if (answer.status !== 200) throw new Error(`${what}: answered ${answer.status}`);
  };
  for (const delivery of deliveries.slice(0, 40)) await send(delivery);
  const rest = deliveries.slice(40);
  const before = process.cpuUsage();
  const began = performance.now();
  for (const delivery of rest) await send(delivery);
  const { user, system } = process.cpuUsage(before);
  const wall = (performance.now() - began) / 1_000;
  const cpu = (user + system) / 1e6;
  const records = rest.length * perDelivery;
  const { requests, durations } = ingest.report().records;
  if (requests + durations !== deliveries.length * perDelivery)
    throw new Error(`${what}: ${requests + durations} counted`);
  const bytes = rest.reduce((sum, delivery) => sum + delivery.bytes, 0) / records;
  return { what, perCore: records / cpu, perSecond: records / wall, bytes };
}

const shown = (value) => Math.round(value).toLocaleString("en").padStart(10);
console.log(
  `${"ingest".padEnd(26)}${"per s and core".padStart(15)}${"per s now".padStart(12)}${"bytes each".padStart(12)}`,
);
let under = false;
for (const [what, write] of Object.entries(writers)) {
  const { perCore, perSecond, bytes } = await measure(what, write);
  under ||= perCore < bound;
  console.log(
    `${what.padEnd(26)}${shown(perCore).padStart(15)}${shown(perSecond).padStart(12)}${shown(bytes).padStart(12)}  ${perCore < bound ? "UNDER" : "ok"}`,
  );
}
console.log(`bound: ${bound.toLocaleString("en")} records per second and core`);
process.exitCode = under ? 1 : 0;
