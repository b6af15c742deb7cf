import { type AddressInfo, createServer as createRaw, type Server } from "node:net";
import { createServer, type TlsOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { certificateReader } from "./certificates.js";
import { authority, certificates, key } from "./testing/certificates.js";
import { clockAt } from "./testing/clock-at.js";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.unref();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

const secure = (cert: string, more: TlsOptions = {}) =>
  listening(createServer({ key, cert, ...more }).on("tlsClientError", () => undefined));

const reader = certificateReader({ clock: clockAt(), ca: authority });
const read = (port: number, name = "shop.localhost", timeoutMs = 10_000) =>
  reader.read({ host: "shop.localhost", port, name, timeoutMs });

describe("the reader of certificates", () => {
  it("tells a good one's times, and the parts of the exchange", async () => {
    const answer = await read(await secure(certificates.good));
    expect(answer).toMatchObject({
      connected: true,
      validFrom: Date.UTC(2020, 0, 1),
      expiresAt: Date.UTC(2120, 0, 1),
    });
    expect(answer.connected && answer.distrust).toBeUndefined();
    const { connectMs = -1, tlsMs = -1 } = answer.timings;
    expect(Math.min(connectMs, tlsMs)).toBeGreaterThanOrEqual(0);
    expect(connectMs + tlsMs).toBeLessThanOrEqual(answer.ms + 1);
  });

  it("reads one for an address, without a name to ask for", async () => {
    const port = await secure(certificates.good);
    const answer = await reader.read({ host: "127.0.0.1", port, name: "127.0.0.1", timeoutMs: 10_000 });
    expect(answer).toMatchObject({ connected: true });
    expect(answer.connected && answer.distrust).toBeUndefined();
  });

  it.each([
    ["that has ended", certificates.expired, "shop.localhost", /has ended/],
    ["that has signed itself", certificates.selfSigned, "shop.localhost", /signed itself/],
    ["of another name", certificates.other, "shop.localhost", /another name/],
    ["that was asked for by another name", certificates.good, "shop.test", /another name/],
  ])("reads one %s all the same, and says what is wrong", async (_, cert, name, distrust) => {
    const answer = await read(await secure(cert), name);
    expect(answer).toMatchObject({ connected: true, distrust: expect.stringMatching(distrust) });
  });

  it("tells when one has ended", async () => {
    expect(await read(await secure(certificates.expired))).toMatchObject({ expiresAt: Date.UTC(2021, 0, 1) });
  });

  it("does not trust an authority that it was not told of", async () => {
    const port = await secure(certificates.good);
    const plain = certificateReader({ clock: clockAt() });
    const answer = await plain.read({
      host: "shop.localhost",
      port,
      name: "shop.localhost",
      timeoutMs: 10_000,
    });
    expect(answer).toMatchObject({ connected: true, distrust: expect.stringMatching(/authority/) });
  });

  it.each<[string, () => Promise<number>, RegExp]>([
    ["nobody listens", async () => 1, /Nothing accepts connections/],
    ["a server that says nothing", () => listening(createRaw()), /no certificate within 400 ms/],
    [
      "a server that dribbles",
      () =>
        listening(
          createRaw((socket) => {
            const more = setInterval(() => socket.write("\u0016"), 50);
            socket.on("close", () => clearInterval(more));
          }),
        ),
      /no certificate within 400 ms|No secure connection/,
    ],
    [
      "a server that speaks no TLS",
      () => listening(createRaw((socket) => void socket.end("220 mail.test ESMTP\r\n"))),
      /No secure connection|cut/,
    ],
    ["a server that hangs up", () => listening(createRaw((socket) => void socket.destroy())), /cut/],
  ])("says what came of %s", async (_, where, message) => {
    const answer = await read(await where(), "shop.localhost", 400);
    expect(answer).toMatchObject({ connected: false, message: expect.stringMatching(message) });
  });

  it("finds no name where there is none, and lets itself be cancelled", async () => {
    const stop = new AbortController();
    const nowhere = {
      host: "no-such-host.invalid",
      port: 443,
      name: "no-such-host.invalid",
      timeoutMs: 10_000,
    };
    expect(await reader.read(nowhere)).toMatchObject({ message: expect.stringMatching(/leads nowhere/) });
    const port = await listening(createRaw());
    const waiting = reader.read(
      { host: "shop.localhost", port, name: "shop.localhost", timeoutMs: 30_000 },
      stop.signal,
    );
    stop.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ connected: false, message: "The look was cancelled." });
  });
});
