// Receives what drains deliver, and counts how often each record and each span came.
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

/** Listens on loopback: logs at `/log`, traces at `/trace`. @returns the address, the counts by id, and what ends it */
export async function startReceiver() {
  const counts = { log: new Map(), trace: new Map() };
  const count = (kind, id) => counts[kind].set(id, (counts[kind].get(id) ?? 0) + 1);
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    // Taken is what has arrived: a receiver that reads first would be what is measured.
    response.end();
    const body = JSON.parse(text);
    if (request.url === "/log") for (const { id } of body) count("log", id);
    else
      for (const { scopeSpans } of body.resourceSpans)
        for (const { spanId } of scopeSpans.flatMap(({ spans }) => spans)) count("trace", spanId);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** How many different ones came, of both kinds. */
    arrived: () => counts.log.size + counts.trace.size,
    twice: () => [...counts.log.values(), ...counts.trace.values()].filter((times) => times > 1).length,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * Gives a cloud a drain of logs and one of traces for as long as `work` goes on, and says what became of the requests.
 * @param call the cloud's API, as `startCloud` returns it
 * @param work sends requests. What it returns is returned too
 * @returns rows: how many records and spans were lost, and how many came twice, of the requests that the cloud counted
 */
export async function withTwoDrains(call, work) {
  const receiver = await startReceiver();
  const drains = [];
  try {
    for (const schema of ["log", "trace"]) {
      const endpoint = `${receiver.url}/${schema}`;
      const delivery = { type: "http", endpoint, encoding: "json", headers: {}, secret: "bench" };
      const schemas = { [schema]: { version: "v1" } };
      drains.push(await call("POST", "/v1/drains", { name: schema, projects: "all", schemas, delivery }));
    }
    const before = await counted(call);
    const result = await work();
    // Also those that their visitor did not wait for: what it has counted itself could hide a loss.
    let requests = await counted(call);
    const until = performance.now() + 10_000;
    while (receiver.arrived() < 2 * (requests - before) && performance.now() < until) {
      await wait(50);
      requests = await counted(call);
    }
    const lost = 2 * (requests - before) - receiver.arrived();
    const of = `of ${requests - before} requests, records and spans`;
    const rows = [
      { what: `${of} lost`, values: [lost], bound: 1, unit: "" },
      { what: `${of} twice`, values: [receiver.twice()], bound: 1, unit: "" },
    ];
    return { result, rows };
  } finally {
    for (const { id } of drains) await call("DELETE", `/v1/drains/${id}`);
    await receiver.close();
  }
}

/** How many requests the cloud has answered, or seen their visitors leave, by its own count of a day. */
async function counted(call) {
  const now = Date.now();
  const { summary } = await call("POST", "/v2/observability/query", {
    scope: { projectIds: [] },
    metric: "vercel.request.count",
    startTime: new Date(now - 86_400_000).toISOString(),
    endTime: new Date(now + 60_000).toISOString(),
    granularity: { minutes: 1 },
  });
  return summary.reduce((sum, row) => sum + row.vercel_request_count_sum, 0);
}
