import { createServer } from "node:net";

const handedOut = new Map<number, number>();
const KEEP_MS = 60_000;

/** A port of 127.0.0.1 that nothing listens on, and that this process has not handed out within the last minute. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.unref();
      server.on("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
      });
    });
    const now = Date.now();
    const last = handedOut.get(port);
    if (last !== undefined && now - last < KEEP_MS) continue;
    handedOut.set(port, now);
    return port;
  }
  throw new Error("No free port was found on 127.0.0.1.");
}
