import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import { Agent, type Dispatcher } from "undici";

type Found = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/**
 * Makes an undici dispatcher that knows where `*.localhost` is. RFC 6761 reserves these names for loopback, browsers
 * resolve them themselves, and Node asks the system's resolver, which on Debian does not know them.
 * @param options.keepAlive False opens a new connection for every request. Default true.
 * @param options.connectTimeoutMs Longest wait for a connection. Default 10 s.
 */
export function loopbackAwareDispatcher(
  options: { keepAlive?: boolean; connectTimeoutMs?: number } = {},
): Dispatcher {
  return new Agent({
    pipelining: options.keepAlive === false ? 0 : 1,
    // The caller's deadline covers the whole exchange; a stream may be silent for long.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.connectTimeoutMs ?? 10_000, lookup: lookupLoopback },
  });
}

/** `dns.lookup`, except that names under `localhost` are 127.0.0.1. */
export function lookupLoopback(hostname: string, options: LookupOptions, found: Found): void {
  if (!isLoopbackName(hostname)) lookup(hostname, options, found as never);
  else if (options.all) found(null, [{ address: "127.0.0.1", family: 4 }]);
  else found(null, "127.0.0.1", 4);
}

function isLoopbackName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}
