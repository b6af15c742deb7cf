import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as z from "zod";
import { BlobTooLargeError, DigestMismatchError } from "../folder/blobs.js";
import { isDiskFull } from "../folder/disk-full.js";
import { ProductionRefusal } from "../refusal.js";

const BODY_MAX = 50 * 1024 * 1024;

/** An answer other than success, in Vercel's shape: `{"error":{"code","message",…}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: ContentfulStatusCode,
    readonly code: string,
    message: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export function notFound(what: string): ApiError {
  return new ApiError(404, "not_found", `${what} was not found.`);
}

export function badRequest(message: string, extra: Readonly<Record<string, unknown>> = {}): ApiError {
  return new ApiError(400, "bad_request", message, extra);
}

/** Turns anything thrown into an answer. What nobody expected is told to the operator, not to the caller. */
export function answerError(error: unknown, c: Context): Response {
  const known = asApiError(error);
  if (known) {
    return c.json(
      { error: { ...known.extra, code: known.code, message: known.message } },
      known.status,
      known.headers,
    );
  }
  console.error("The API failed on a request:", error);
  const message =
    "The local cloud failed on this request. Nothing is known to have changed; its own log says more.";
  return c.json({ error: { code: "internal_server_error", message } }, 500);
}

function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof ProductionRefusal) return new ApiError(error.status, error.code, error.message);
  if (error instanceof DigestMismatchError) return new ApiError(400, "invalid_sha", error.message);
  if (error instanceof BlobTooLargeError) return new ApiError(413, "file_too_large", error.message);
  if (error instanceof z.ZodError) return badRequest(`Invalid request: ${sentence(error)}`);
  if (isDiskFull(error)) return DISK_FULL;
  return null;
}

const DISK_FULL = new ApiError(
  507,
  "disk_full",
  "The disk that holds the cloud's folder is full. The request was not carried out; traffic goes on. Make room there, then try again.",
);

function sentence(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => (issue.path.length > 0 ? `\`${issue.path.join(".")}\` ${issue.message}` : issue.message))
    .join("; ");
}

/**
 * The JSON body of a request, checked. An empty body reads as `{}`, as several official calls send none.
 * @throws ApiError 400 when it is not JSON or does not fit, 413 when it is larger than 50 MB
 */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await bodyText(c);
  let value: unknown = {};
  if (text.trim() !== "") {
    try {
      value = JSON.parse(text);
    } catch {
      throw badRequest("The request body is not valid JSON.");
    }
  }
  return schema.parse(value);
}

async function bodyText(c: Context): Promise<string> {
  const body = c.req.raw.body as ReadableStream<Uint8Array> | null;
  if (!body) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > BODY_MAX) {
      throw new ApiError(413, "body_too_large", `A request body may have at most ${BODY_MAX} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
