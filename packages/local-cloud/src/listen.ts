import type { Server } from "node:http";

/** A port that was asked for cannot be had. */
class PortTakenError extends Error {
  override readonly name = "PortTakenError";
}

/**
 * Listens on the wanted port; for 0, on the remembered one when it is free, else on any free one.
 * @returns the port
 * @throws PortTakenError that says which
 */
export async function listenOn(
  server: Server,
  host: string,
  wanted: number,
  remembered: number,
): Promise<number> {
  if (wanted === 0 && remembered !== 0) {
    const port = await tryListen(server, host, remembered).catch(() => null);
    if (port !== null) return port;
  }
  try {
    return await tryListen(server, host, wanted);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "something else is using it" : message;
    throw new PortTakenError(
      `The local cloud cannot listen on ${host}:${wanted}: ${reason}. Choose another port, or 0 for any.`,
    );
  }
}

function tryListen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      server.off("listening", listening);
      reject(error);
    };
    const listening = () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    };
    server.once("error", failed);
    server.once("listening", listening);
    server.listen(port, host);
  });
}
