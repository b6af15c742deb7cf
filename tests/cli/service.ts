/**
 * The service that the tests ship: no dependencies, starts in a blink, and as bad as `MODE` says:
 * `crash` ends at its start, `deaf` never listens, `slow` listens after 2 s, `mute` takes requests and never answers,
 * `login` answers everything with a sign-in page, `ill` says of itself that it is not well, `stale` answers with another
 * version's stamp, `turns` is well for `TURNS_AFTER_MS` and then answers 503, `late` takes 500 ms for every answer,
 * `two-faced` is well at its own address, and answers 503 on `/products` and to whoever comes by production's host.
 */
export const service = `import { createServer } from "node:http";

const mode = process.env.MODE ?? "well";
const began = Date.now();
if (mode === "crash") throw new Error("no such table: products");

const server = createServer((request, response) => {
  if (mode === "mute") return;
  if (mode === "login") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<html><title>Sign in</title><form><input type=password name=password></form></html>");
    return;
  }
  const turned =
    (mode === "turns" && Date.now() - began > Number(process.env.TURNS_AFTER_MS)) ||
    (mode === "two-faced" && (request.url === "/products" || /^shop[.]localhost/.test(request.headers.host)));
  const body = JSON.stringify({
    status: mode === "ill" ? "unhealthy" : "healthy",
    version: mode === "stale" ? "v20200101.000000" : process.env.ATOMS_VERSION,
  });
  setTimeout(() => {
    response.writeHead(turned ? 503 : 200, { "content-type": "application/json" });
    response.end(body);
  }, mode === "late" ? 500 : 0);
});
if (mode !== "deaf") setTimeout(() => server.listen(process.env.PORT, "127.0.0.1"), mode === "slow" ? 2000 : 0);
else setInterval(() => undefined, 1000);
`;
