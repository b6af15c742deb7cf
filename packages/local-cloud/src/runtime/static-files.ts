import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { decodedPath } from "../request-url.js";
import type { Filesystem } from "../routing/routed-handler.js";
import { rangeOf } from "./byte-range.js";

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
  readonly type: string;
  readonly size: number;
  readonly modified: Date;
}

/** How the files of a folder are found and told. */
export interface StaticOptions {
  /** Names at the top of the folder that are not served. */
  readonly hidden?: readonly string[];
  /** Pages are found without the `.html` of their names. */
  readonly cleanUrls?: boolean;
  /** By a file's name in the folder: at which path it is found instead, and its type. */
  readonly overrides?: Readonly<Record<string, { readonly path?: string; readonly contentType?: string }>>;
}

/** Answers from files below one folder. Nothing outside of it is ever read, not even through a link. */
export class StaticFiles implements Filesystem {
  readonly #root: string;
  readonly #hidden: readonly string[];
  readonly #cleanUrls: boolean;
  /** Files by the paths that they are found at instead of their own. */
  readonly #moved = new Map<string, string>();
  readonly #movedAway = new Set<string>();
  readonly #types = new Map<string, string>();

  constructor(folder: string, { hidden = [], cleanUrls = false, overrides = {} }: StaticOptions = {}) {
    this.#root = resolve(folder);
    this.#hidden = hidden;
    this.#cleanUrls = cleanUrls;
    for (const [file, { path, contentType }] of Object.entries(overrides)) {
      if (path !== undefined) {
        this.#moved.set(path.replace(/^\/|\/$/g, ""), file);
        this.#movedAway.add(file);
      }
      if (contentType !== undefined) this.#types.set(file, contentType);
    }
  }

  async has(path: string): Promise<boolean> {
    return (await this.#find(path)) !== null;
  }

  /** Answers when there is a file for the path. @returns false when there is none, and nothing was sent */
  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    status = 200,
  ): Promise<boolean> {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const found = await this.#find(path);
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

  async #find(encoded: string): Promise<Found | null> {
    const path = decodedPath(encoded);
    if (path === null) return null;
    const moved = this.#moved.get(path.replace(/^\/|\/$/g, ""));
    if (moved !== undefined) return this.#file(moved);
    for (const candidate of this.#candidates(path)) {
      if (this.#isMoved(candidate)) continue;
      const found = await this.#file(candidate);
      if (found) return found;
    }
    return null;
  }

  /** Is it found at another path instead? */
  #isMoved(file: string): boolean {
    return this.#movedAway.has(file.replace(/^\//, ""));
  }

  #candidates(path: string): string[] {
    const bare = path.replace(/\/+$/, "");
    const index = `${bare}/index.html`;
    const page = this.#cleanUrls && bare !== "" ? [`${bare}.html`] : [];
    return path.endsWith("/") ? [index, ...page] : [path, ...page, index];
  }

  async #file(path: string): Promise<Found | null> {
    try {
      const real = await realpath(join(this.#root, path));
      const root = await realpath(this.#root);
      const name = real.slice(root.length + 1);
      if (!real.startsWith(root + sep) || this.#isHidden(name)) return null;
      const info = await stat(real);
      if (!info.isFile()) return null;
      const type = this.#types.get(name) ?? TYPES[extname(real).toLowerCase()] ?? "application/octet-stream";
      return { path: real, type, size: info.size, modified: info.mtime };
    } catch {
      return null;
    }
  }

  /** What a build leaves beside a site, and what nobody means to publish. */
  #isHidden(path: string): boolean {
    const parts = path.split(sep);
    const top = parts[0] ?? "";
    if (this.#hidden.includes(top) || (parts.length === 1 && NOT_PUBLIC.has(top))) return true;
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
    // What routes have said of the answer holds.
    if (!response.hasHeader("cache-control"))
      response.setHeader("cache-control", "public, max-age=0, must-revalidate");
    if (!response.hasHeader("content-type")) response.setHeader("content-type", file.type);
    response.setHeader("accept-ranges", "bytes");
    const { "if-none-match": known, "if-range": version, range: wanted } = request.headers;
    if (status === 200 && isKnown(etag, known)) {
      response.writeHead(304).end();
      return;
    }
    // A part of a certain version is given only to those who can name it for sure; the tags of files are weak.
    const mayBePart = request.method === "GET" && status === 200 && version === undefined;
    const range = mayBePart ? rangeOf(wanted, file.size) : null;
    if (range === "none") {
      response.writeHead(416, { "content-range": `bytes */${file.size}`, "content-length": 0 }).end();
      return;
    }
    if (range)
      response.writeHead(206, {
        "content-range": `bytes ${range.start}-${range.end}/${file.size}`,
        "content-length": range.end - range.start + 1,
      });
    else response.writeHead(status, { "content-length": file.size });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    // A client that leaves early is no fault of the file's.
    await pipeline(createReadStream(file.path, range ?? {}), response).catch(() => undefined);
  }
}

/** Is a file's tag among those that the visitor knows (`if-none-match`)? Weak or strong makes no difference there. */
function isKnown(etag: string, known: string | undefined): boolean {
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return known?.trim() === "*" || known?.split(",").some((tag) => bare(tag) === bare(etag)) === true;
}
