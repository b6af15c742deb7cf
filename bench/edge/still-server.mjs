// What any call costs on this machine: a server that answers each with the same 20 kB of JSON, and does nothing else.
// Prints its own port.
import { createServer } from "node:http";

const body = JSON.stringify("x".repeat(20_000));
const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(200, { "content-type": "application/json", "content-length": String(body.length) });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
