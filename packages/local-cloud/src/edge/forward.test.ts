import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import type { Instance } from "../runtime/instance.js";
import { forward } from "./forward.js";

/** How often undici is asked to pause, by a visitor that never keeps up. */
function pauses(headers: IncomingHttpHeaders, pieces: readonly number[]): number {
  let count = 0;
  const controller = { pause: () => count++, resume: () => undefined, abort: () => undefined };
  const pool = {
    // biome-ignore lint/suspicious/noExplicitAny: as undici calls its handlers
    dispatch(_options: unknown, handler: any) {
      handler.onRequestStart(controller);
      handler.onResponseStart(controller, 200, headers, "OK");
      for (const bytes of pieces) handler.onResponseData(controller, Buffer.alloc(bytes));
      handler.onResponseEnd();
    },
  };
  const response = Object.assign(new EventEmitter(), {
    writeHead: () => undefined,
    write: () => false,
    end: () => undefined,
    flushHeaders: () => undefined,
    writableEnded: true,
  });
  const request = { method: "GET", url: "/", headers: {} } as IncomingMessage;
  const instance = { pool } as unknown as Instance;
  forward(request, response as unknown as ServerResponse, instance, [], new Map(), () => undefined);
  return count;
}

// undici throws where nobody can catch it when a connection ends while it is paused: that would end the whole cloud.
it.each<[string, IncomingHttpHeaders, number]>([
  ["of a known length is paused, but not at its last piece", { "content-length": "90000" }, 2],
  ["in chunks is paused", { "transfer-encoding": "chunked" }, 3],
  ["that ends with its connection is not paused", {}, 0],
])("an answer %s", (_what, headers, expected) => {
  expect(pauses(headers, [30_000, 30_000, 30_000])).toBe(expected);
});
