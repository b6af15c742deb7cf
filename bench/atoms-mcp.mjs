// The Atoms MCP Server on PostgreSQL: what it can do against an endpoint that has neither tools nor a store, the
// baselines of the playbook at 200 requests per second, and how soon it is there. Everything runs on this machine,
// PostgreSQL and the clients too, so they take from the same cores.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { start as startPostgres } from "../scripts/postgres.mjs";
import { startBare, startService, tokenOf } from "./lib/atoms-mcp-server.mjs";
import { closedLoop, openClient, openLoop, quantile } from "./lib/http-load.mjs";

const clients = 50;
const roundMs = 1_000;
const perSecond = 200;
const openMs = 1_500;
/** The limits of the service would end the measurement: they are raised, and stay at work. */
const settings = {
  MCP_RATE_LIMIT_RPM: "1000000",
  ATOMS_HEALTH_RATE_RPM: "1000000",
  ATOMS_HEALTH_BURST: "1000000",
};
/** The playbook's baselines in milliseconds. They must hold with a factor of five to spare. */
const baselines = { health: { 0.95: 50, 0.99: 100 }, tools: { 0.95: 200, 0.99: 500 } };
const spare = 5;

/** @param {{ runs: number }} options */
export default async function atomsMcp({ runs }) {
  const rounds = Math.min(runs, 3);
  const cleanUp = [];
  const keep = (started) => {
    cleanUp.push(started.stop);
    return started;
  };
  try {
    const postgres = keep(await startPostgres());
    const [bare, service] = [
      keep(await startBare()),
      keep(await startService({ ...settings, DATABASE_URL: await newDatabase(postgres.url) })),
    ];
    const to = { bare: openClient(bare.url, clients), service: openClient(service.url, clients) };
    cleanUp.push(to.bare.close, to.service.close);
    const asks = await prepare(to, service.url);
    const rows = [...(await against(asks, rounds)), ...(await atRate(asks, rounds))];
    // Stopped before the starts are timed, so that those have the machine to themselves.
    for (const stop of cleanUp.splice(1).reverse()) await stop();
    return [...rows, ...(await starts(postgres.url, rounds))];
  } finally {
    for (const stop of cleanUp.reverse()) await stop();
  }
}

/** One user per client, each with a project of their own to read, and one function per kind of request. */
async function prepare(to, url) {
  const bodyOf = (method, params) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const post = (client, body, headers) =>
    client.ask({
      path: "/api/mcp",
      body,
      headers: {
        ...headers,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
      },
    });
  const callOf = (args) => bodyOf("tools/call", { name: "entity_tool", arguments: args });
  const users = await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      const headers = { authorization: `Bearer ${await tokenOf(`user${n}`, url)}` };
      const make = async (entity_type, data) =>
        resultOf(await post(to.service, callOf({ entity_type, operation: "create", data }), headers))
          .structuredContent.data.id;
      const organization_id = await make("organization", { name: `Works ${randomUUID()}` });
      const id = await make("project", { name: "Rocket", organization_id });
      return { headers, read: callOf({ entity_type: "project", operation: "read", entity_id: id }), id };
    }),
  );
  const list = bodyOf("tools/list");
  const of = (n) => users[n % clients];
  const cpuOf = async (client) => {
    const text = await client.ask({ path: "/metrics" });
    return Number(/^process_cpu_seconds_total (\S+)$/m.exec(text)[1]);
  };
  const asks = {
    bare: () => post(to.bare, list, {}),
    list: (n) => post(to.service, list, of(n).headers),
    read: (n) => post(to.service, of(n).read, of(n).headers),
    bareCpu: () => cpuOf(to.bare),
    cpu: () => cpuOf(to.service),
    health: () => to.service.ask({ path: "/health" }),
  };
  // What is measured is what was meant: an error inside HTTP 200 would be quick too.
  const [none, tools, project] = [await asks.bare(), await asks.list(0), await asks.read(0)].map(resultOf);
  if (none.tools.length !== 0 || tools.tools.length !== 5) throw new Error("tools/list is not as expected");
  if (project.structuredContent.data.id !== users[0].id) throw new Error("another project was read");
  return asks;
}

/** The result of an answer, which comes as JSON or as one event of a stream. */
function resultOf(text) {
  const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
  if (result === undefined || result.isError) throw new Error(`not a result: ${text.slice(0, 300)}`);
  return result;
}

/**
 * Turn by turn, so that what else the machine does meets all three alike. Processor time is of the server alone: it
 * changes least with what else runs.
 */
async function against(asks, rounds) {
  const kinds = [
    { kind: "bare tools/list", ask: asks.bare, cpu: asks.bareCpu },
    { kind: "tools/list", ask: asks.list, cpu: asks.cpu },
    { kind: "entity_tool read", ask: asks.read, cpu: asks.cpu },
  ].map((one) => ({ ...one, all: [] }));
  for (const { ask } of kinds) await closedLoop(clients, roundMs, ask);
  for (let n = 0; n < rounds; n++)
    for (const { ask, cpu, all } of kinds) {
      const before = await cpu();
      const round = await closedLoop(clients, roundMs, ask);
      all.push({ ...round, cpuMs: (1000 * ((await cpu()) - before)) / round.times.length });
    }
  const bare = kinds[0].all;
  return kinds.flatMap(({ kind, all }) => {
    const row = (what, of, unit = "ms") => ({ what: `${kind}, ${what}`, values: all.map(of), unit });
    const share = row("share of bare", (one, n) => (100 * one.perSecond) / bare[n].perSecond, "%");
    return [
      row(`${clients} clients`, (one) => one.perSecond, "/s"),
      ...(all === bare ? [] : [share]),
      row("processor time each", (one) => one.cpuMs),
      ...[0.5, 0.95, 0.99].map((q) =>
        row(`${clients} clients, p${q * 100}`, ({ times }) => quantile(times, q)),
      ),
    ];
  });
}

/**
 * Times from when each request was due, turn by turn; the bound is a fifth of the playbook's. The bare endpoint has no
 * bound: what it takes longer than a few milliseconds is this machine's doing.
 */
async function atRate(asks, rounds) {
  const kinds = [
    { kind: "bare tools/list", ask: asks.bare, limits: { 0.95: undefined, 0.99: undefined } },
    { kind: "health", ask: asks.health, limits: baselines.health },
    { kind: "tools/list", ask: asks.list, limits: baselines.tools },
    { kind: "entity_tool read", ask: asks.read, limits: baselines.tools },
  ].map((one) => ({ ...one, all: [] }));
  for (const { ask } of kinds) await openLoop(perSecond, 500, ask);
  for (let n = 0; n < rounds; n++)
    for (const { ask, all } of kinds) all.push(await openLoop(perSecond, openMs, ask));
  return kinds.flatMap(({ kind, all, limits }) =>
    Object.entries(limits).flatMap(([q, limit]) => {
      const values = all.map((times) => quantile(times, Number(q)));
      const what = `${kind} at ${perSecond}/s, p${q * 100}`;
      if (limit === undefined) return [{ what, values }];
      const factors = values.map((value) => limit / value);
      return [
        { what, values, bound: limit / spare },
        { what: `${what}: times below ${limit} ms`, values: factors, unit: "x" },
      ];
    }),
  );
}

/** From the start of the process to the first healthy answer. */
async function starts(postgres, rounds) {
  const fresh = [];
  const again = [];
  const alone = [];
  for (let n = 0; n < rounds; n++) {
    const env = { DATABASE_URL: await newDatabase(postgres) };
    fresh.push(await timeToHealthy(env));
    again.push(await timeToHealthy(env));
    if (n < 2) alone.push(await timeToHealthy({}));
  }
  return [
    { what: "start to healthy, PostgreSQL, empty database", values: fresh, bound: 1_000 },
    { what: "start to healthy, PostgreSQL, migrated before", values: again, bound: 1_000 },
    { what: "start to healthy, nothing configured", values: alone, bound: 10_000 },
  ];
}

async function timeToHealthy(env) {
  const { healthyAfter, stop } = await startService(env);
  await stop();
  return healthyAfter;
}

/** An empty database; PostgreSQL removes it with everything else when it is stopped. */
async function newDatabase(address) {
  const pg = createRequire(new URL("../services/atoms-mcp/package.json", import.meta.url))("pg");
  const name = `bench_${randomUUID().replaceAll("-", "")}`;
  const client = new pg.Client({ connectionString: address });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(address);
  url.pathname = `/${name}`;
  return url.href;
}
