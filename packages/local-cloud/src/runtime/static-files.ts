import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".htm": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "application/javascript; charset=utf-8",
  ".mjs": "application/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".xml": "application/xml; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".avif": "image/avif",
  ".ico": "image/x-icon",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
  ".ttf": "font/ttf",
  ".wasm": "application/wasm",
  ".pdf": "application/pdf",
  ".mp4": "video/mp4",
  ".webmanifest": "application/manifest+json",
};

const NOT_PUBLIC = new Set(["package.json", "package-lock.json", "vercel.json"]);

interface Found {
  readonly path: string;
  readonly size: number;
  readonly modified: Date;
}

/** Answers from files below one folder. Nothing outside of it is ever read, not even through a link. */
export class StaticFiles {
  readonly #root: string;

  /** @param hidden names at the top of the folder that are not served */
  constructor(
    folder: string,
    private readonly hidden: readonly string[] = [],
  ) {
    this.#root = resolve(folder);
  }

  /** Answers when there is a file for the path. @returns false when there is none, and nothing was sent */
  async serve(request: IncomingMessage, response: ServerResponse, status = 200): Promise<boolean> {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const found = await this.#find(request.url ?? "/");
    if (!found) return false;
    await this.#send(request, response, found, status);
    return true;
  }

  /** Answers 404, with the folder's own `404.html` when it has one. */
  async notFound(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const page = await this.#file("404.html");
    if (page) return this.#send(request, response, page, 404);
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8", "x-vercel-error": "NOT_FOUND" });
    response.end("The page could not be found\n\nNOT_FOUND\n");
  }

  async #find(url: string): Promise<Found | null> {
    let path: string;
    try {
      path = decodeURIComponent(new URL(url, "http://local").pathname);
    } catch {
      return null;
    }
    if (path.includes("\0")) return null;
    for (const candidate of path.endsWith("/")
      ? [`${path}index.html`]
      : [path, `${path}/index.html`, `${path}.html`]) {
      const found = await this.#file(candidate);
      if (found) return found;
    }
    return null;
  }

  async #file(path: string): Promise<Found | null> {
    try {
      const real = await realpath(join(this.#root, path));
      const root = await realpath(this.#root);
      if (!real.startsWith(root + sep) || this.#isHidden(real.slice(root.length + 1))) return null;
      const info = await stat(real);
      return info.isFile() ? { path: real, size: info.size, modified: info.mtime } : null;
    } catch {
      return null;
    }
  }

  /** What a build leaves beside a site, and what nobody means to publish. */
  #isHidden(path: string): boolean {
    const parts = path.split(sep);
    const top = parts[0] ?? "";
    if (this.hidden.includes(top) || (parts.length === 1 && NOT_PUBLIC.has(top))) return true;
    return parts.some((part) => part === "node_modules" || (part.startsWith(".") && part !== ".well-known"));
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    file: Found,
    status: number,
  ): Promise<void> {
    const etag = `W/"${file.size.toString(16)}-${file.modified.getTime().toString(16)}"`;
    response.setHeader("etag", etag);
    response.setHeader("cache-control", "public, max-age=0, must-revalidate");
    response.setHeader("content-type", TYPES[extname(file.path).toLowerCase()] ?? "application/octet-stream");
    if (status === 200 && request.headers["if-none-match"] === etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(status, { "content-length": file.size });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    // A client that leaves early is no fault of the file's.
    await pipeline(createReadStream(file.path), response).catch(() => undefined);
  }
}
