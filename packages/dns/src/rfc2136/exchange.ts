import { connect } from "node:net";

/** Splits `host:port`; 53 when it has none. IPv6 stands in brackets. */
export function addressOf(server: string): { host: string; port: number } {
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? [];
  return { host: bracketed ?? bare ?? server, port: port === undefined ? 53 : Number(port) };
}

/**
 * Sends one message by TCP and reads one answer: signed messages outgrow UDP, and nobody can answer in another's place unseen.
 * @throws Error with what went wrong in a few words; `sent` says whether the server may have acted on it.
 */
export function exchange(
  server: string,
  message: Buffer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(addressOf(server));
    let sent = false;
    let got = Buffer.alloc(0);
    const end = (because: string | undefined, answer?: Buffer) => {
      clearTimeout(late);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      if (answer !== undefined) resolve(answer);
      else reject(Object.assign(new Error(because), { sent }));
    };
    const late = setTimeout(() => end(`no answer within ${timeoutMs / 1_000} s`), timeoutMs);
    const onAbort = () => end("it was cut short");
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      end(`nobody answers there as a name server (${code ?? "unknown"})`),
    );
    socket.on("close", () => end("it hung up without an answer"));
    socket.on("connect", () => {
      sent = true;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on("data", (piece) => {
      got = Buffer.concat([got, piece]);
      if (got.length < 2 || got.length < 2 + got.readUInt16BE()) return;
      end(undefined, got.subarray(2, 2 + got.readUInt16BE()));
    });
  });
}
