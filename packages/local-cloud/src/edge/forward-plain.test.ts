import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { Origin } from "../http1/origin.js";
import { PlainResponse } from "../http1/plain-response.js";
import type { PlainRequest } from "../http1/read-request.js";
import type { Instance } from "../runtime/instance.js";
import { eventually } from "../testing/cloud-under-test.js";
import type { Forwarded } from "./forward.js";
import { forwardPlain } from "./forward-plain.js";

const server = createServer((request, response) => {
  if (request.url === "/hang-up") request.socket.destroy();
  else response.end(`length ${request.headers["content-length"]}`);
});
let origin: Origin;
afterEach(async () => {
  origin.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Sends a request without a body on, for a visitor that is not there. */
async function forwarded(
  method: string,
  url: string,
): Promise<{ response: PlainResponse; told: Forwarded[] }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = new Origin("127.0.0.1", (server.address() as AddressInfo).port, 60_000);
  const socket = new Socket().on("error", () => undefined);
  const request: PlainRequest = {
    method,
    url,
    headers: { host: "a" },
    rawHeaders: ["Host", "a"],
    body: null,
    keepsAlive: true,
    socket,
  };
  const response = new PlainResponse(socket, request, () => undefined);
  const told: Forwarded[] = [];
  const instance = { origin } as Pick<Instance, "origin"> as Instance;
  forwardPlain(request, response, instance, request.rawHeaders, new Map(), (result) => told.push(result));
  await eventually(() => told.length > 0);
  return { response, told };
}

it("a visitor that leaves while it is found out why there is no answer is no second end", async () => {
  const { response, told } = await forwarded("GET", "/hang-up");
  response.left();
  expect(told.map(({ outcome }) => outcome)).toEqual(["failed"]);
});

it.each([
  ["POST", "0"],
  ["PUT", "0"],
  ["PATCH", "0"],
  ["GET", "undefined"],
  ["DELETE", "undefined"],
])("%s without a body has the length %s, as servers want to know it", async (method, length) => {
  const { told } = await forwarded(method, "/");
  expect(told).toEqual([{ outcome: "answered", status: 200, bytes: `length ${length}`.length }]);
});
