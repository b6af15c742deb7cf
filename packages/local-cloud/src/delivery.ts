import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { gzipSync } from "node:zlib";
import { request } from "undici";

/** What is sent to a receiver that the user named. */
export interface Parcel {
  readonly url: string;
  readonly body: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Key of the signature; null sends none. */
  readonly secret: string | null;
  readonly gzip: boolean;
  readonly timeoutMs: number;
  /** Told the headers of an answer. */
  readonly onAnswer?: (headers: IncomingHttpHeaders) => void;
  /** Gives the sending up at once. */
  readonly signal?: AbortSignal;
}

/** Lower-case hexadecimal HMAC-SHA1 of the body, as in `x-vercel-signature`. */
export function signatureOf(body: string, secret: string): string {
  return createHmac("sha1", secret).update(body).digest("hex");
}

/**
 * Sends a parcel once. The signature is over the body before compression.
 * @returns null when it was taken (2xx), else what went wrong
 */
export async function deliver(parcel: Parcel): Promise<string | null> {
  try {
    const answer = await request(parcel.url, {
      method: "POST",
      headers: {
        ...parcel.headers,
        "content-type": parcel.contentType,
        "user-agent": "atoms-local-cloud",
        ...(parcel.gzip ? { "content-encoding": "gzip" } : {}),
        ...(parcel.secret === null ? {} : { "x-vercel-signature": signatureOf(parcel.body, parcel.secret) }),
      },
      body: parcel.gzip ? gzipSync(parcel.body) : parcel.body,
      headersTimeout: parcel.timeoutMs,
      bodyTimeout: parcel.timeoutMs,
      ...(parcel.signal ? { signal: parcel.signal } : {}),
    });
    parcel.onAnswer?.(answer.headers);
    await answer.body.dump();
    return answer.statusCode >= 200 && answer.statusCode < 300 ? null : `answered ${answer.statusCode}`;
  } catch (error) {
    return (error as Error).message || (error as NodeJS.ErrnoException).code || "could not be reached";
  }
}
