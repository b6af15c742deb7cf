import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type {
  AliasRequest,
  CreateDeploymentBody,
  CreateEnvItem,
  FullEnvItem,
  ProjectDomain,
} from "../wire/index.js";

/** How a request goes wrong. */
export type Fault = {
  /** `before`: nothing happens. `after`: the act happens, its answer is lost. */
  when?: "before" | "after";
  /** Answers this instead; `cut` closes the connection, `hang` never answers. */
  how: "cut" | "hang" | { status: number; headers?: Record<string, string>; body?: unknown };
  /** How many requests it strikes. Default 1. */
  times?: number;
};

interface Made {
  id: string;
  url: string;
  readyState: string;
  createdAt: number;
  body: CreateDeploymentBody;
  errorMessage?: string;
}

/** A few calls of the API with state in memory, in the shapes of the reference, with faults on demand. */
export interface TinyVercel {
  url: string;
  token: string;
  /** Every request in order, as "POST /v13/deployments?forceNew=1". */
  requests: { line: string; headers: IncomingMessage["headers"]; body: string }[];
  deployments: Made[];
  /** Host to deployment id. */
  hosts: Map<string, string>;
  domains: ProjectDomain[];
  project: Record<string, unknown> | undefined;
  env: FullEnvItem[];
  files: Set<string>;
  /** Questions about metrics, oldest first. */
  metricsAsked: Record<string, unknown>[];
  lastAliasRequest: AliasRequest | undefined;
  /** What the create of a project makes of the next request line that matches. */
  fail(line: RegExp, fault: Fault): void;
  close(): Promise<void>;
}

type Answer = { status: number; body?: unknown; type?: string; raw?: string };

const owner = "team_tiny";
const refusal = (status: number, code: string, message: string, more: object = {}): Answer => ({
  status,
  body: { error: { code, message, ...more } },
});

export async function tinyVercel(options: { token?: string; now?: () => number } = {}): Promise<TinyVercel> {
  const now = options.now ?? (() => Date.now());
  const faults: { line: RegExp; fault: Fault; left: number }[] = [];
  let count = 0;

  const server = createServer((request, response) => {
    void receive(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const tiny: TinyVercel = {
    url: "",
    token: options.token ?? "tok_secret_1",
    requests: [],
    deployments: [],
    hosts: new Map(),
    domains: [domain("shop.example"), domain("www.shop.example")],
    project: undefined,
    env: [],
    files: new Set(),
    metricsAsked: [],
    lastAliasRequest: undefined,
    fail: (line, fault) => void faults.push({ line, fault, left: fault.times ?? 1 }),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  tiny.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function receive(request: IncomingMessage, response: ServerResponse) {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const line = `${request.method} ${request.url}`;
    tiny.requests.push({ line, headers: request.headers, body: body.toString() });
    const struck = faults.find((one) => one.left > 0 && one.line.test(line));
    if (struck !== undefined) {
      struck.left -= 1;
      if (struck.fault.when === "after") answer(request, body);
      if (struck.fault.how === "cut") return response.destroy();
      if (struck.fault.how === "hang") return;
      const { status, headers, body: said } = struck.fault.how;
      response.writeHead(status, {
        "content-type": typeof said === "string" ? "text/html" : "application/json",
        ...headers,
      });
      return response.end(typeof said === "string" ? said : JSON.stringify(said ?? {}));
    }
    const said = answer(request, body);
    if (said.status === 204) return response.writeHead(204).end();
    response.writeHead(said.status, { "content-type": said.type ?? "application/json" });
    response.end(said.raw ?? JSON.stringify(said.body ?? {}));
  }

  function answer(request: IncomingMessage, bytes: Buffer): Answer {
    if (request.headers.authorization !== `Bearer ${tiny.token}`) {
      return refusal(403, "forbidden", `Not authorized: ${request.headers.authorization}`, {
        invalidToken: true,
      });
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", tiny.url);
    const json = () => JSON.parse(bytes.toString() || "{}");
    const key = `${request.method} ${pathname}`;
    const match = (pattern: RegExp) => pattern.exec(key)?.slice(1).map(decodeURIComponent);

    if (key === "GET /v2/user") return { status: 200, body: { user: { username: "ada" } } };
    const team = match(/^GET \/v2\/teams\/(.+)$/);
    if (team) return { status: 200, body: { id: owner, slug: "tiny", name: "Tiny" } };
    if (key === "POST /v11/projects") {
      if (tiny.project) return refusal(409, "conflict", "A project of that name exists.");
      tiny.project = { id: "prj_1", name: json().name, accountId: owner };
      return { status: 200, body: shownProject() };
    }
    if (key === "POST /v2/files") {
      const sha = createHash("sha1").update(bytes).digest("hex");
      if (sha !== request.headers["x-now-digest"])
        return refusal(400, "bad_digest", "The digest is another.");
      tiny.files.add(sha);
      return { status: 200, body: { urls: [] } };
    }
    if (key === "POST /v13/deployments") return created(json());
    const one = match(/^GET \/v13\/deployments\/([^/]+)$/)?.[0];
    if (one !== undefined) {
      const id = tiny.hosts.get(one) ?? one;
      const found = tiny.deployments.find((made) => made.id === id || made.url === id);
      return found ? { status: 200, body: shown(found) } : refusal(404, "not_found", "No such deployment.");
    }
    if (key === "GET /v6/deployments") return listed(searchParams);
    if (match(/^GET \/v3\/deployments\/([^/]+)\/events$/)) {
      const lines = ["npm install", "exit 1"].map((text, at) =>
        JSON.stringify({ type: "stdout", created: at + 1, text }),
      );
      return { status: 200, type: "application/stream+json", raw: `${lines.join("\n")}\n\n` };
    }
    if (key === "POST /v2/observability/query") {
      const body = json();
      tiny.metricsAsked.push(body);
      const start = Date.parse(body.startTime);
      const row = (at: number, status: string, requests: number) => ({
        timestamp: new Date(start + at).toISOString(),
        deployment_id: tiny.deployments[0]?.id,
        http_status: status,
        vercel_request_count_sum: requests,
      });
      const nobody = { ...row(0, "200", 0), deployment_id: null };
      return {
        status: 200,
        body: { data: [row(0, "200", 40), nobody, row(300_000, "500", 2)], summary: [] },
      };
    }
    if (key === "POST /v1/observability/events") {
      const events =
        json().event === "vercel.log"
          ? [{ timestamp: "2026-01-01T00:00:02.000Z", level: "error", message: "boom" }]
          : [
              {
                timestamp: 1_767_225_603_000,
                httpStatus: 500,
                requestMethod: "GET",
                requestPath: "/",
                requestHostname: "a.b",
              },
            ];
      return { status: 200, body: { events, pagination: { hasMore: false, nextCursor: null } } };
    }
    if (key === "GET /v4/aliases") {
      const aliases = [...tiny.hosts].map(([alias, deploymentId]) => ({
        uid: `als_${alias}`,
        alias,
        deploymentId,
      }));
      return {
        status: 200,
        body: { aliases, pagination: { count: aliases.length, next: null, prev: null } },
      };
    }

    const inProject = /^(\w+) \/v\d+\/projects\/([^/]+)(.*)$/.exec(key);
    if (!inProject) return refusal(404, "not_found", "No such route.");
    const [, method, wanted, rest = ""] = inProject;
    if (!tiny.project || (wanted !== tiny.project["id"] && wanted !== tiny.project["name"])) {
      return refusal(404, "not_found", "Project not found.");
    }
    if (rest === "" && method === "GET") return { status: 200, body: shownProject() };
    if (rest === "" && method === "PATCH") {
      Object.assign(tiny.project, json());
      return { status: 200, body: shownProject() };
    }
    if (rest === "/domains") {
      const { domains } = tiny;
      return {
        status: 200,
        body: { domains, pagination: { count: domains.length, next: null, prev: null } },
      };
    }
    const move = /^\/(promote|rollback)\/(.+)$/.exec(rest);
    if (move && method === "POST") return moved(move[1] as "promote" | "rollback", move[2] as string);
    if (rest === "/env" && method === "GET") return { status: 200, body: { envs: tiny.env } };
    if (rest === "/env" && method === "POST")
      return { status: 201, body: { created: upserted(json()), failed: [] } };
    const env = tiny.env.find((item) => rest === `/env/${item.id}`);
    if (env) {
      if (method === "PATCH") Object.assign(env, json());
      return {
        status: 200,
        body: { ...env, ...(method === "GET" ? { value: clear(env), decrypted: true } : {}) },
      };
    }
    return refusal(404, "not_found", "No such route.");
  }

  function created(body: CreateDeploymentBody): Answer {
    const digests = (body.files ?? []).flatMap((file) => ("sha" in file ? [file.sha] : []));
    const missing = digests.filter((sha) => !tiny.files.has(sha));
    if (missing.length > 0) return refusal(400, "missing_files", "Files are missing.", { missing });
    count += 1;
    const id = `dpl_${count}`;
    const made = { id, url: `shop-${count}.example`, readyState: "READY", createdAt: now() + count, body };
    tiny.deployments.push(made);
    return { status: 200, body: shown(made) };
  }

  function listed(query: URLSearchParams): Answer {
    const release = query.get("meta-atomsReleaseId");
    const limit = Number(query.get("limit") ?? 20);
    const until = Number(query.get("until") ?? Number.POSITIVE_INFINITY);
    const matching = tiny.deployments
      .filter((made) => release === null || made.body.meta?.["atomsReleaseId"] === release)
      .filter((made) => made.createdAt < until)
      .reverse();
    const page = matching.slice(0, limit);
    const next = matching.length > limit ? (page.at(-1)?.createdAt ?? null) : null;
    const items = page.map((made) => {
      const { id, ...item } = shown(made);
      return { ...item, uid: id };
    });
    return {
      status: 200,
      body: { deployments: items, pagination: { count: items.length, next, prev: null } },
    };
  }

  function moved(type: "promote" | "rollback", to: string): Answer {
    const found = tiny.deployments.find((made) => made.id === to);
    if (!found) return refusal(404, "not_found", "No such deployment.");
    if (found.readyState !== "READY") return refusal(422, "not_ready", "The deployment is not ready.");
    const from = tiny.hosts.get(tiny.domains[0]?.name ?? "") ?? null;
    tiny.lastAliasRequest = {
      type,
      fromDeploymentId: from,
      toDeploymentId: to,
      jobStatus: "succeeded",
      requestedAt: now(),
    };
    for (const { name } of tiny.domains) tiny.hosts.set(name, to);
    Object.assign(tiny.project ?? {}, { autoAssignCustomDomains: type === "promote" });
    return { status: 201, body: {} };
  }

  function upserted(item: CreateEnvItem): FullEnvItem {
    count += 1;
    const { key, value, type, target } = item;
    const full: FullEnvItem = {
      id: `env_${count}`,
      key,
      value: `cipher(${value})`,
      type,
      target: target as FullEnvItem["target"],
      createdAt: now(),
      updatedAt: now(),
      securityIssues: [],
    };
    tiny.env = [...tiny.env.filter((one) => one.key !== key), full];
    return full;
  }

  const clear = (item: FullEnvItem) => item.value.replace(/^cipher\((.*)\)$/, "$1");
  const shownProject = () => ({
    ...tiny.project,
    ...(tiny.lastAliasRequest ? { lastAliasRequest: tiny.lastAliasRequest } : {}),
  });
  const shown = ({ id, url, readyState, createdAt, body, errorMessage }: Made) => ({
    id,
    url,
    readyState,
    createdAt,
    target: body.target ?? null,
    meta: body.meta ?? {},
    ...(errorMessage === undefined ? {} : { errorMessage, errorCode: "BUILD_FAILED" }),
  });

  return tiny;
}

function domain(name: string): ProjectDomain {
  return { name, apexName: name, projectId: "prj_1", verified: true };
}
