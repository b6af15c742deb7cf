import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { open } from "./connection.js";

/** What `fetch` can not do on this machine: reach a name under `localhost` that no resolver knows. */
export const localFetch = ((input: string, init: RequestInit = {}) =>
  new Promise<Response>((resolve, reject) => {
    const to = new URL(input);
    const headers: Record<string, string> = { host: to.host };
    new Headers(init.headers).forEach((value, name) => {
      headers[name] = value;
    });
    headers["host"] = to.host;
    const request = open(to, {
      method: init.method ?? "GET",
      path: `${to.pathname}${to.search}`,
      headers,
      agent: false,
      ...(init.signal ? { signal: init.signal } : {}),
    });
    request.on("error", reject);
    request.on("response", (answer) => {
      const got = new Headers();
      for (let at = 0; at < answer.rawHeaders.length; at += 2) {
        got.append(answer.rawHeaders[at] ?? "", answer.rawHeaders[at + 1] ?? "");
      }
      const status = answer.statusCode ?? 502;
      const empty = status === 204 || status === 304;
      if (empty) answer.resume();
      // The two types of one thing, of Node's own and of the web's.
      const body = empty ? null : (Readable.toWeb(answer) as unknown as Response["body"]);
      resolve(new Response(body, { status, headers: got }));
    });
    if (init.body == null) request.end();
    else Readable.fromWeb(init.body as ReadableStream<Uint8Array>).pipe(request);
  })) as typeof globalThis.fetch;
