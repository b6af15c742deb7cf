// Receives what drains deliver, and counts how often each record and each span came.
import { createServer } from "node:http";

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
