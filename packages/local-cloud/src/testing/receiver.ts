import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { gunzipSync } from "node:zlib";

/** What a receiver was sent. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of drains and webhooks; answers with what `answer` says. */
export class Receiver {
  readonly received: Received[] = [];
  answer: () => number = () => 200;
  /** Headers of its answers. */
  headers: Record<string, string> = {};
  /** Takes what comes and never answers. */
  hang = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<Receiver> {
    let self: Receiver | null = null;
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const raw = Buffer.concat(parts);
        const body = (request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString(
          "utf8",
        );
        if (self?.hang) return;
        const status = self?.answer() ?? 500;
        if (status < 300) self?.received.push({ path: request.url ?? "/", headers: request.headers, body });
        response.writeHead(status, self?.headers).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    self = new Receiver(
      server,
      `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    );
    return self;
  }

  /** All records of the JSON arrays and lines that came. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what was sent without a schema
  records(): any[] {
    return this.received.flatMap(({ body, headers }) =>
      headers["content-type"] === "application/x-ndjson"
        ? body
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line))
        : JSON.parse(body),
    );
  }

  async end(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
