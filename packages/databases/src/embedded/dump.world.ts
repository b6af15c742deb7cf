import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A tar of files by their names, as a database's dump is one. */
export function tarOf(files: Record<string, string>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write(text.length.toString(8).padStart(11, "0"), 124);
    head.write("0", 156);
    return [head, Buffer.concat([Buffer.from(text)], Math.ceil(text.length / 512) * 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A service on a free port of this machine. */
export type TestService = {
  /** Its address as a playbook has it. */
  address(token?: string): string;
  close(): Promise<void>;
};

/** Starts a service that answers as it is told. */
export async function startService(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestService> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: (token = "t0ken-of-the-test") => `pglite+http://:${token}@127.0.0.1:${port}/shop/database`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
