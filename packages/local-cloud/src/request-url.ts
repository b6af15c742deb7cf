import type { IncomingMessage } from "node:http";

/**
 * What a request asks for, on a host that means nothing. A path is never read as a host (`//name/path`), and a target that
 * is no path (`*`) is taken for the root, so that no request can make this fail.
 */
export function requestUrl({ url = "/" }: Pick<IncomingMessage, "url">): URL {
  return new URL(`http://local${url.startsWith("/") ? url : "/"}`);
}

/** The path as it was meant; null for one that means nothing. */
export function decodedPath(path: string): string | null {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes("\0") ? null : decoded;
  } catch {
    return null;
  }
}

/** Where the visitor sent a request, with the port. */
export function visitedOrigin({ headers }: Pick<IncomingMessage, "headers">): string {
  const host = headers["x-forwarded-host"] ?? headers.host ?? "localhost";
  return `${headers["x-forwarded-proto"] === "https" ? "https" : "http"}://${String(host)}`;
}
