import { request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Instance } from "../runtime/instance.js";
import type { EdgeError } from "./edge-error.js";
import type { AddedHeaders } from "./headers.js";

/** How an upgrade ended. */
export type Upgraded =
  /** The process answered, by joining or by refusing; `status` is what the visitor saw. */
  | { readonly outcome: "answered"; readonly status: number }
  /** The process gave no answer; nothing was sent to the visitor. */
  | { readonly outcome: "failed"; readonly timedOut: boolean }
  | { readonly outcome: "client-left" };

/** Protocols that HTTP clients offer with any request, as a hint; nobody minds when the offer is passed over. */
const MERE_OFFERS = /^(h2c|http\/2\.0|tls\/1\.[0-3])$/i;

/**
 * True when a request that asks for another protocol is to be answered as if it had not asked: it only offers HTTP/2, or
 * it has a body, which no protocol of today begins with.
 */
export function isMereOffer(request: IncomingMessage): boolean {
  const { upgrade = "", "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
  const names = upgrade.split(",").map((name) => name.trim());
  return names.every((name) => MERE_OFFERS.test(name)) || length !== "0" || encoding !== undefined;
}

/**
 * Hands the connection back to the server with the same request, without its wish for another protocol. The server has
 * read the head; what it has read of the body comes behind it again.
 */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const text = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) text.push(`${name}: ${rawHeaders[i + 1]}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

/**
 * Hands an upgrade request (WebSocket) to an instance and joins the two connections. Resolves when both are closed, or
 * when the process did not answer.
 * @param added headers of the edge for the visitor
 * @param answerMs how long the process may take to answer, in ms
 */
export function forwardUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  instance: Instance,
  headers: string[],
  added: AddedHeaders,
  answerMs: number,
): Promise<Upgraded> {
  return new Promise((resolve) => {
    const upgradeHeaders = [
      ...headers,
      "Connection",
      "Upgrade",
      "Upgrade",
      request.headers.upgrade ?? "websocket",
    ];
    const upstream = httpRequest({
      host: instance.address,
      port: instance.port,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: upgradeHeaders,
      setHost: false,
      agent: false,
    });
    let status = 0;
    let over = false;
    const end = (result: Upgraded) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      upstream.destroy();
      resolve(result);
    };
    const fail = (timedOut: boolean) => {
      if (status === 0) {
        end({ outcome: "failed", timedOut });
        return;
      }
      socket.end();
      close();
    };
    const close = () => {
      socket.destroy();
      end(status === 0 ? { outcome: "client-left" } : { outcome: "answered", status });
    };
    const timer = setTimeout(() => fail(true), answerMs);
    socket.on("error", close);
    socket.on("close", close);
    upstream.on("error", () => fail(false));
    upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
      clearTimeout(timer);
      status = answer.statusCode ?? 101;
      writeHead(socket, status, answer.statusMessage ?? "Switching Protocols", answer.rawHeaders, added);
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      upstreamSocket.on("error", close);
      upstreamSocket.on("close", close);
      upstreamSocket.pipe(socket).pipe(upstreamSocket);
    });
    upstream.on("response", (answer) => {
      clearTimeout(timer);
      status = answer.statusCode ?? 502;
      const kept = [...withoutFraming(answer.rawHeaders), "connection", "close"];
      writeHead(socket, status, answer.statusMessage ?? "", kept, added);
      answer.pipe(socket);
    });
    upstream.end();
  });
}

/** Answers instead of a process, on a connection that was taken out of the server's hands, and ends it. */
export function refuseUpgrade(socket: Duplex, { status, code, title }: EdgeError, added: AddedHeaders): void {
  writeHead(
    socket,
    status,
    title,
    ["x-vercel-error", code, "content-length", "0", "connection", "close"],
    added,
  );
  socket.end();
}

/** The body goes out unframed until the connection closes, so headers about framing would be wrong. */
function withoutFraming(raw: string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? "";
    if (!/^(transfer-encoding|connection|keep-alive)$/i.test(name)) kept.push(name, raw[i + 1] ?? "");
  }
  return kept;
}

/** Headers of the edge come instead of the process's own of that name, but a cookie beside the others. */
function writeHead(
  socket: Duplex,
  status: number,
  message: string,
  headers: readonly string[],
  added: AddedHeaders,
): void {
  let text = `HTTP/1.1 ${status} ${message}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const lower = name.toLowerCase();
    if (!added.has(lower) || lower === "set-cookie") text += `${name}: ${headers[i + 1]}\r\n`;
  }
  for (const [name, value] of added) text += `${name}: ${value}\r\n`;
  if (!socket.destroyed) socket.write(`${text}\r\n`, "latin1");
}
