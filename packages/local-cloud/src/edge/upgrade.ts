import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Instance } from "../runtime/instance.js";

/**
 * Hands an upgrade request (WebSocket) to an instance and joins the two connections. Resolves with the status that the
 * client saw when both are closed; 502 when the process did not answer.
 */
export function forwardUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  instance: Instance,
  headers: string[],
): Promise<number> {
  return new Promise((resolve) => {
    const upgradeHeaders = [
      ...headers,
      "Connection",
      "Upgrade",
      "Upgrade",
      request.headers.upgrade ?? "websocket",
    ];
    const upstream = httpRequest({
      host: "127.0.0.1",
      port: instance.port,
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: upgradeHeaders,
      setHost: false,
      agent: false,
    });
    let status = 0;
    const close = () => {
      upstream.destroy();
      socket.destroy();
      resolve(status === 0 ? 502 : status);
    };
    socket.on("error", close);
    socket.on("close", close);
    upstream.on("error", () => {
      if (status === 0)
        writeHead(socket, 502, "Bad Gateway", ["x-vercel-error", "NO_RESPONSE_FROM_FUNCTION"]);
      socket.end();
      close();
    });
    upstream.on("upgrade", (answer, upstreamSocket, upstreamHead) => {
      status = answer.statusCode ?? 101;
      writeHead(socket, status, answer.statusMessage ?? "Switching Protocols", answer.rawHeaders);
      if (upstreamHead.length > 0) socket.write(upstreamHead);
      if (head.length > 0) upstreamSocket.write(head);
      upstreamSocket.on("error", close);
      upstreamSocket.on("close", close);
      upstreamSocket.pipe(socket).pipe(upstreamSocket);
    });
    upstream.on("response", (answer) => {
      status = answer.statusCode ?? 502;
      writeHead(socket, status, answer.statusMessage ?? "", [
        ...withoutFraming(answer.rawHeaders),
        "connection",
        "close",
      ]);
      answer.pipe(socket);
    });
    upstream.end();
  });
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

function writeHead(socket: Duplex, status: number, message: string, headers: readonly string[]): void {
  let text = `HTTP/1.1 ${status} ${message}\r\n`;
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  if (!socket.destroyed) socket.write(`${text}\r\n`);
}
