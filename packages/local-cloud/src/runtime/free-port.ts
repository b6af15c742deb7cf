import { createServer } from "node:net";
import { LOOPBACK } from "./loopback.js";

const handedOut = new Map<number, number>();
const KEEP_MS = 60_000;

/**
 * A port that nothing listens on, at any loopback address of this machine, and that this process has not handed out within
 * the last minute. What is given it may choose the address, so a stranger must not have the same number at another one.
 * @param candidate where ports to look at come from; each call gives the next one
 */
export async function freePort(candidate: () => Promise<number> = anyPort): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = await candidate();
    const now = Date.now();
    const last = handedOut.get(port);
    if (last !== undefined && now - last < KEEP_MS) continue;
    const taken = await Promise.all(LOOPBACK.map((address) => isTaken(port, address)));
    if (taken.includes(true)) continue;
    handedOut.set(port, now);
    return port;
  }
  throw new Error("No free port was found on 127.0.0.1.");
}

/** A port that the system has free on 127.0.0.1. */
async function anyPort(): Promise<number> {
  const port = await listenOnce(0, "127.0.0.1");
  if (typeof port === "string") throw new Error(`No port of 127.0.0.1 can be listened on (${port}).`);
  return port;
}

/** True when somebody listens there. An address that the machine does not have (no IPv6) is nobody's. */
export async function isTaken(port: number, address: string): Promise<boolean> {
  return (await listenOnce(port, address)) === "EADDRINUSE";
}

/** Listens for a moment. @returns the port, or the system's code for why that could not be */
function listenOnce(port: number, host: string): Promise<number | string> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}
