// What node:http and undici take with nothing in between. It knows one process, decides nothing, adds no
// header, keeps no log. `node bare-proxy.mjs PORT` prints its own port.
import { createServer } from "node:http";
import { createRequire } from "node:module";

// The very undici that the edge uses.
const { Pool } = createRequire(new URL("../../packages/local-cloud/package.json", import.meta.url))("undici");
const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { bodyTimeout: 0, headersTimeout: 60_000 });
const own = new Set(["connection", "keep-alive", "transfer-encoding"]);

const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) => {
  const { url: path, method, rawHeaders: headers } = request;
  let length = -1;
  pool.dispatch(
    { path, method, headers, body: null },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, answered) {
        const flat = [];
        for (const name in answered) if (!own.has(name)) flat.push(name, answered[name]);
        response.writeHead(status, flat);
        length = Number(answered["content-length"]);
      },
      onResponseData(_controller, chunk) {
        if (length !== chunk.length) return void response.write(chunk);
        // In one write, as the edge does it.
        response.write(chunk.toString("latin1"), "latin1");
        response.socket?.uncork();
        response.end();
      },
      onResponseEnd() {
        if (!response.writableEnded) response.end();
      },
      onResponseError() {
        response.destroy();
      },
    },
  );
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
