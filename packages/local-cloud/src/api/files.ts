import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { Hono } from "hono";
import { isSha1 } from "../folder/blobs.js";
import type { World } from "../world.js";
import { badRequest } from "./api-error.js";

/** Uploads of single files by digest. */
export function fileRoutes(app: Hono, world: World): void {
  app.post("/files", async (c) => {
    const digest = (c.req.header("x-now-digest") ?? c.req.header("x-vercel-digest") ?? "").toLowerCase();
    if (!isSha1(digest)) {
      throw badRequest(
        "The header x-vercel-digest (or x-now-digest) must hold the file's SHA-1 in hexadecimal.",
      );
    }
    const body = c.req.raw.body as ReadableStream | null;
    await world.blobs.write(body ? Readable.fromWeb(body) : Readable.from([]), digest);
    return c.json({ urls: [] });
  });
}
