import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type LocalCloud, startLocalCloud } from "../cloud.js";
import type { LocalCloudOptions } from "../settings.js";

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as the official clients do, without a schema
  readonly body: any;
  readonly headers: Headers;
}

/** An answer from the edge. */
export interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A cloud in a temporary folder, with the calls that tests make. */
export class CloudUnderTest {
  private constructor(
    public cloud: LocalCloud,
    private readonly options: Partial<LocalCloudOptions>,
    readonly folder: string,
  ) {}

  static async start(options: Partial<LocalCloudOptions> = {}): Promise<CloudUnderTest> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "local-cloud-")));
    return new CloudUnderTest(await startLocalCloud({ ...options, folder }), options, folder);
  }

  async restart(): Promise<void> {
    await this.cloud.close();
    // The test's own kept connections learn only now that they are closed.
    await wait(30);
    this.cloud = await startLocalCloud({ ...this.options, folder: this.folder });
  }

  async end(): Promise<void> {
    await this.cloud.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async api(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(this.cloud.apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.cloud.token}`,
        ...(body !== undefined && !isBytes ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: isBytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
    const text = await response.text();
    let value: unknown = text;
    if (response.headers.get("content-type")?.startsWith("application/json")) value = JSON.parse(text);
    return { status: response.status, body: value, headers: response.headers };
  }

  /** Creates a deployment of inline files and waits for the end of its build. */
  async deploy(
    name: string,
    files: Readonly<Record<string, string>>,
    more: Readonly<Record<string, unknown>> = {},
    // biome-ignore lint/suspicious/noExplicitAny: as above
  ): Promise<any> {
    const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
    const created = await this.api("POST", "/v13/deployments", { name, files: entries, ...more });
    if (created.status !== 200) throw new Error(`not created: ${JSON.stringify(created.body)}`);
    return this.built(created.body.id);
  }

  /** Waits for the end of a build. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  async built(id: string): Promise<any> {
    for (let i = 0; i < 1_000; i++) {
      const { body } = await this.api("GET", `/v13/deployments/${id}`);
      if (["READY", "ERROR", "CANCELED"].includes(body.readyState)) return body;
      await wait(20);
    }
    throw new Error(`the build of ${id} did not end`);
  }

  /** Sends a request to the edge. */
  visit(
    host: string,
    path = "/",
    options: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const sent = request(
        this.cloud.edgeUrl + path,
        { method: options.method ?? "GET", headers: { host, ...options.headers }, agent: false },
        (answer) => {
          let body = "";
          answer.setEncoding("utf8");
          answer.on("data", (chunk: string) => {
            body += chunk;
          });
          answer.on("error", reject);
          answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
        },
      );
      sent.on("error", reject);
      sent.end(options.body);
    });
  }
}

/** A small Node service without dependencies: `handler` is the body of `(request, response) => { … }`. */
export function nodeService(handler: string, before = ""): Record<string, string> {
  return {
    "package.json": JSON.stringify({ type: "module", scripts: { start: "node index.js" } }),
    "index.js": `import { createServer } from "node:http";
${before}
createServer((request, response) => { ${handler} }).listen(process.env.PORT);
`,
  };
}

/** A service that answers with a fixed word. */
export function saying(word: string): Record<string, string> {
  return nodeService(`response.end(${JSON.stringify(word)});`);
}

export function sha1(data: string | Uint8Array): string {
  return createHash("sha1").update(data).digest("hex");
}

/** Tries until `look` gives something true, at most 15 s: a machine may stand still for some of them. */
export async function eventually<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let i = 0; i < 750; i++) {
    const found = await look();
    if (found) return found;
    await wait(20);
  }
  throw new Error("it did not come about within 15 s");
}

/** Pids of live processes whose command line or environment names the text. Linux only, like the test machines. */
export function processesNaming(text: string): number[] {
  if (!existsSync("/proc/self/environ")) throw new Error("this test looks at /proc, which this system lacks");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        if (/^State:\s+Z/m.test(readFileSync(`/proc/${name}/status`, "utf8"))) return false;
        return ["environ", "cmdline"].some((file) =>
          readFileSync(`/proc/${name}/${file}`, "utf8").includes(text),
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}
