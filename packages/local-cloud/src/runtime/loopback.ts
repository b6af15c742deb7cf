import { connect } from "node:net";

/**
 * The addresses at which a process of this machine may listen, in the order in which they are taken. A program that is
 * told to listen on `localhost` chooses either of them, as the system resolves that name.
 */
export const LOOPBACK = ["127.0.0.1", "::1"] as const;

/** One of the loopback addresses. */
export type LoopbackAddress = (typeof LOOPBACK)[number];

const CONNECT_MS = 1_000;

/**
 * The loopback address at which something accepts a connection on the port, the first of them when both do; null when
 * none does. A machine without one of them refuses at once.
 */
export async function whereAccepting(port: number): Promise<LoopbackAddress | null> {
  const answers = LOOPBACK.map((address) => accepts(port, address));
  for (const [i, address] of LOOPBACK.entries()) if (await answers[i]) return address;
  return null;
}

/** The base address for requests to a port, e.g. `http://[::1]:4300`. */
export function originOf(address: LoopbackAddress, port: number): string {
  return `http://${address === "::1" ? `[${address}]` : address}:${port}`;
}

function accepts(port: number, host: LoopbackAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS, () => done(false));
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
