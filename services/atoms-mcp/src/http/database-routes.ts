import { errorFields } from "../observe/log.js";
import type { Services } from "../services.js";
import { StoreBusy } from "../storage/door.js";
import { DumpRefused, MOST_PACKED, type WholeDatabase } from "../storage/dump.js";
import { ASIDE_NAME, AsideTaken } from "../storage/exchange.js";
import { problem, rateLimited } from "./answers.js";
import type { Exchange } from "./exchange.js";
import { sameSecret } from "./same-secret.js";

const ASIDE_HEADER = "x-atoms-aside";

/** Answers `/database`: GET is the whole embedded database as a dump, PUT puts a dump in its place. */
export async function databaseAnswer(
  request: Request,
  exchange: Exchange,
  services: Services,
): Promise<Response> {
  const { config, database } = services;
  const { dumpToken } = config.database;
  const given = /^Bearer (\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (dumpToken === undefined || !sameSecret(given, dumpToken)) return refused(exchange, services);
  const whole = await database.whole();
  if (whole === undefined)
    return problem(404, "not_found", "The database is not embedded.", exchange.requestId);
  try {
    return request.method === "PUT"
      ? await put(request, exchange, whole, services)
      : await get(request, exchange, whole);
  } catch (error) {
    if (error instanceof StoreBusy)
      return problem(503, "busy", `Nothing was changed: ${error.message}.`, exchange.requestId, {
        headers: { "retry-after": "5" },
      });
    throw error;
  }
}

async function refused(exchange: Exchange, { limiter }: Services): Promise<Response> {
  const taken = await limiter.take("anon", exchange.clientIp);
  if (taken && !taken.allowed) return rateLimited(taken, exchange.requestId);
  return problem(401, "invalid_token", "The token does not open the database.", exchange.requestId, {
    headers: { "www-authenticate": "Bearer" },
  });
}

async function get(request: Request, exchange: Exchange, whole: WholeDatabase): Promise<Response> {
  const aside = new URL(request.url).searchParams.get("aside") ?? undefined;
  const named = aside === undefined || ASIDE_NAME.test(aside);
  const packed = named ? await whole.dump(aside) : undefined;
  if (packed === undefined)
    return problem(404, "not_found", "No database was put aside under that name.", exchange.requestId);
  return new Response(new Uint8Array(packed), {
    headers: {
      "content-type": "application/gzip",
      "content-length": String(packed.length),
      "cache-control": "no-store",
    },
  });
}

async function put(
  request: Request,
  exchange: Exchange,
  whole: WholeDatabase,
  { log }: Services,
): Promise<Response> {
  const { requestId } = exchange;
  const aside = request.headers.get(ASIDE_HEADER);
  if (aside === null || !ASIDE_NAME.test(aside))
    return problem(
      400,
      "invalid_request",
      `The header ${ASIDE_HEADER} names what the database of now is kept under: letters, digits, _ and -.`,
      requestId,
    );
  const packed = await bodyOf(request);
  if (packed === undefined)
    return problem(413, "too_large", "A dump may have 256 MiB at most; nothing was changed.", requestId);
  try {
    await whole.replace(packed, aside);
  } catch (error) {
    if (error instanceof DumpRefused)
      return problem(422, "dump_refused", `Nothing was changed: ${error.message}.`, requestId);
    if (error instanceof AsideTaken)
      return problem(409, "aside_taken", `Nothing was changed: ${error.message}.`, requestId);
    const { code } = error as { code?: unknown };
    if (typeof code !== "string" || !/^E[A-Z]+$/.test(code)) throw error;
    log("error", "database_not_exchanged", { request_id: requestId, ...errorFields(error) });
    return problem(500, "not_exchanged", `Nothing was changed: the disk refused (${code}).`, requestId);
  }
  log("warn", "database_exchanged", { request_id: requestId, aside, bytes: packed.length });
  return Response.json({ aside });
}

/** The body, or undefined when it is too large. */
async function bodyOf({ body, headers }: Request): Promise<Uint8Array | undefined> {
  if (Number(headers.get("content-length") ?? 0) > MOST_PACKED) return undefined;
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MOST_PACKED) return undefined;
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}
