import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Http } from "../../terms/index.js";
import type { Attempt, Channel, ChannelPorts } from "../channel.js";
import type { Notice } from "../ports.js";

/** A part of every address that must never be told. */
export const secretPath = "/services/T0/B0/zhSecretOfTheAddress";
export const secretKey = "whsec_neverToBeQuoted";

export const notice: Notice = {
  key: "rel_1/notice/start/1",
  service: "shop",
  environment: "production",
  release: "rel_1",
  channel: "#deployments",
  text: "Deployment of shop starts",
  dueAt: Date.UTC(2026, 0, 5, 12),
};

type Received = { method: string; path: string; headers: IncomingMessage["headers"]; body: string };
type Answering = (response: ServerResponse, request: IncomingMessage) => void;

const answer =
  (status: number, headers: Record<string, string> = {}, body = "no"): Answering =>
  (response) =>
    response.writeHead(status, headers).end(body);

const silence: Answering = () => undefined;

const sent = (saw: RegExp) => ({ sent: true, saw: expect.stringMatching(saw) });
const failed = (retry: boolean, because: RegExp, retryAfterMs?: number) => ({
  sent: false,
  retry,
  because: expect.stringMatching(because),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/**
 * What every channel that posts over HTTP must do, held against real servers on loopback.
 * @param open Opens the channel for an address.
 * @param ports With a real `http`.
 */
export function postingContract(
  open: (address: string) => Channel,
  ports: ChannelPorts,
  /** What a receiver reads in the body: where it is for, and the text. */
  reads: (body: string) => unknown = JSON.parse,
  takesPages = false,
): void {
  const servers = new Set<Server>();
  afterEach(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    servers.clear();
  });

  async function receiver(answering: Answering): Promise<{ address: string; received: Received[] }> {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (part) => {
        body += part;
      });
      request.on("end", () => {
        received.push({
          method: request.method ?? "",
          path: request.url ?? "",
          headers: request.headers,
          body,
        });
        answering(response, request);
      });
    });
    servers.add(server);
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    return { address: `http://127.0.0.1:${port}${secretPath}`, received };
  }

  /** Where nothing ever comes, little is waited for. */
  const hasty: ChannelPorts = {
    ...ports,
    http: { send: (request, signal) => ports.http.send({ ...request, timeoutMs: 300 }, signal) },
  };
  const deliver = async (answering: Answering, signal?: AbortSignal) => {
    const { address, received } = await receiver(answering);
    const attempt = await open(address).deliver(notice, answering === silence ? hasty : ports, signal);
    return { attempt, received, address };
  };
  const quietAbout = (attempt: Attempt, address: string) => {
    const told = JSON.stringify(attempt);
    for (const secret of [address, new URL(address).host, "zhSecretOfTheAddress", secretKey])
      expect(told).not.toContain(secret);
  };

  describe("answers", () => {
    it.each<{ given: string; answering: Answering; attempt: unknown }>([
      { given: "200", answering: answer(200, {}, "ok"), attempt: sent(/^status 200/) },
      { given: "204", answering: (r) => r.writeHead(204).end(), attempt: sent(/^status 204$/) },
      {
        given: "301",
        answering: answer(301, { location: "http://127.0.0.1:1/" }),
        attempt: failed(false, /301.*redirect/),
      },
      {
        given: "307",
        answering: answer(307, { location: secretPath }),
        attempt: failed(false, /307.*redirect/),
      },
      { given: "400", answering: answer(400), attempt: failed(false, /answered 400/) },
      { given: "401", answering: answer(401), attempt: failed(false, /answered 401/) },
      { given: "404", answering: answer(404), attempt: failed(false, /answered 404/) },
      { given: "410", answering: answer(410), attempt: failed(false, /answered 410/) },
      { given: "429", answering: answer(429), attempt: failed(true, /answered 429/) },
      {
        given: "429 with a wait",
        answering: answer(429, { "retry-after": "30" }),
        attempt: failed(true, /429/, 30_000),
      },
      {
        given: "503 with a date",
        answering: answer(503, { "retry-after": new Date(ports.clock.now() + 90_000).toUTCString() }),
        attempt: failed(true, /503/, 90_000),
      },
      {
        given: "429 with nonsense",
        answering: answer(429, { "retry-after": "soon" }),
        attempt: failed(true, /429/),
      },
      { given: "500", answering: answer(500), attempt: failed(true, /answered 500/) },
      {
        given: "a cut connection",
        answering: (_, request) => request.socket.destroy(),
        attempt: failed(true, /cut/),
      },
      { given: "silence", answering: silence, attempt: failed(true, /time-out/) },
      {
        given: "a body of 3 MiB",
        answering: answer(200, {}, "x".repeat(3 * 1024 * 1024)),
        attempt: sent(/^status 200 /),
      },
      {
        given: "500 that quotes the address",
        answering: (r, request) => r.writeHead(500).end(`error at ${request.headers.host}${request.url}`),
        attempt: failed(true, /answered 500$/),
      },
      {
        given: "200 with the page of somebody else",
        answering: answer(200, { "content-type": "text/html" }, "\n<!DOCTYPE html><html>sign in</html>"),
        // A webhook of one's own may answer as it likes.
        attempt: takesPages ? sent(/^status 200/) : failed(true, /is not [A-Z].*a web page/),
      },
    ])("$given", async ({ answering, attempt: wanted }) => {
      const { attempt, address, received } = await deliver(answering);
      expect(attempt).toMatchObject(wanted as object);
      expect(received).toHaveLength(1);
      quietAbout(attempt, address);
    });

    it("a refused connection", async () => {
      const { address } = await receiver(answer(200));
      const [server] = servers;
      await new Promise((done) => server?.close(done));
      const attempt = await open(address).deliver(notice, ports);
      expect(attempt).toMatchObject(failed(true, /refused/));
      quietAbout(attempt, address);
    });

    it("a stop in the middle", async () => {
      const stop = new AbortController();
      const { attempt, address } = await deliver(() => stop.abort(), stop.signal);
      expect(attempt).toMatchObject(failed(true, /cancelled/));
      quietAbout(attempt, address);
    });
  });

  it("posts JSON with the text, once", async () => {
    const { received } = await deliver(answer(200));
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ method: "POST", path: secretPath });
    expect(received[0]?.headers["content-type"]).toMatch(/^application\/json/);
    expect(reads(received[0]?.body ?? "")).toMatchObject({ channel: "#deployments", text: notice.text });
  });
}

/** An `Http` over fetch: enough for tests on loopback. */
export function fetchHttp(): Http {
  return {
    async send({ url, method, headers, body, timeoutMs }, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await fetch(url, {
          method: method ?? "GET",
          ...(headers === undefined ? {} : { headers }),
          ...(body === undefined ? {} : { body }),
          redirect: "manual",
          signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        });
        const text = (await response.text()).slice(0, 1024 * 1024);
        return {
          answered: true,
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: text,
          ms: 1,
          firstByteMs: 1,
        };
      } catch (error) {
        const code = ((error as Error).cause as { code?: string } | undefined)?.code;
        const why = signal?.aborted
          ? "cancelled"
          : timeout.aborted
            ? "time-out"
            : code === "ECONNREFUSED"
              ? "refused"
              : "cut";
        // As a real client's message would: it names the address.
        return { answered: false, why, message: `${url} failed`, ms: 1 };
      }
    },
  };
}
