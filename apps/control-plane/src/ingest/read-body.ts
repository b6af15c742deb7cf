import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Clock } from "@atoms/playbook";
import type { Backlog } from "./backlog.js";
import type { IngestLimits } from "./limits.js";
import { Refusal } from "./refusal.js";

const inflate = promisify(gunzip);

/** A body as it came and as it reads: the same bytes, unless it was compressed. */
export type Body = { raw: Uint8Array; plain: Uint8Array };

/**
 * Reads a body, and decompresses it, within the limits. What it holds is in the backlog until the caller lets go.
 * @throws Refusal
 */
export async function readBody(
  request: Request,
  { limits, clock, backlog }: { limits: IngestLimits; clock: Clock; backlog: Backlog },
): Promise<Body> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  const zipped = encoding === "gzip" || encoding === "x-gzip";
  if (!zipped && encoding !== "identity" && encoding !== "") {
    throw new Refusal(415, "not understood", "Send the body as it is or compressed with gzip.");
  }
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
  const raw = await readBytes(request, limits, clock, backlog);
  if (!zipped) return { raw, plain: raw };
  try {
    const plain = await inflate(raw, { maxOutputLength: limits.inflatedBytes });
    backlog.hold(plain.byteLength);
    return { raw, plain };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(limits.inflatedBytes);
    throw new Refusal(400, "garbage", "The body is said to be compressed with gzip, and is not.");
  }
}

const tooLarge = (limit: number) =>
  new Refusal(413, "too large", `At most ${limit} bytes are taken at once; send smaller batches.`);

async function readBytes(
  request: Request,
  limits: IngestLimits,
  clock: Clock,
  backlog: Backlog,
): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const done = new AbortController();
  const late = clock.sleep(limits.readMs, done.signal).then(
    () => Promise.reject(new Refusal(408, "slow", `The body did not arrive within ${limits.readMs} ms.`)),
    () => new Promise<never>(() => undefined),
  );
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late]);
      if (read.done) return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      const part = read.value as Uint8Array;
      bytes += part.byteLength;
      if (bytes > limits.bodyBytes) throw tooLarge(limits.bodyBytes);
      backlog.hold(part.byteLength);
      parts.push(part);
    }
  } catch (error) {
    // The rest is not wanted; whether the sender heeds that is its own affair.
    void reader.cancel().catch(() => undefined);
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, "garbage", "The body was cut off.");
  } finally {
    done.abort();
  }
}
