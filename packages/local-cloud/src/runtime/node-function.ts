import type { IncomingMessage, ServerResponse } from "node:http";
import { requestUrl } from "../request-url.js";
import type { NodeHandler } from "./exported-app.js";

const BODY_MAX = 4.5 * 1024 * 1024;

/** A function written as `(request, response)`, with the members that Vercel adds to both. */
export function withHelpers(handler: NodeHandler): NodeHandler {
  return async (request, response) => {
    const url = requestUrl(request);
    const helped = request as IncomingMessage & Record<string, unknown>;
    helped["query"] = queryOf(url.searchParams);
    helped["cookies"] = cookiesOf(request.headers.cookie);
    const body = await readBody(request);
    if (body === null) {
      response.writeHead(413, { "x-vercel-error": "FUNCTION_PAYLOAD_TOO_LARGE" }).end();
      return;
    }
    // Parsed when it is asked for, so that a body that is not JSON hurts only those who read it as such.
    Object.defineProperty(helped, "body", {
      get: () => parsed(body, request.headers["content-type"]),
      configurable: true,
    });
    addAnswers(response);
    await handler(request, response);
  };
}

function queryOf(params: URLSearchParams): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const name of new Set(params.keys())) {
    const values = params.getAll(name);
    query[name] = values.length > 1 ? values : (values[0] ?? "");
  }
  return query;
}

function cookiesOf(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of header?.split(";") ?? []) {
    const at = part.indexOf("=");
    if (at > 0) cookies[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return cookies;
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > BODY_MAX) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer, type = ""): unknown {
  if (body.length === 0) return undefined;
  if (type.startsWith("application/json")) return JSON.parse(body.toString("utf8"));
  if (type.startsWith("application/x-www-form-urlencoded"))
    return queryOf(new URLSearchParams(body.toString("utf8")));
  return type.startsWith("text/") ? body.toString("utf8") : body;
}

function addAnswers(response: ServerResponse): void {
  const json = (value: unknown) => {
    if (!response.hasHeader("content-type"))
      response.setHeader("content-type", "application/json; charset=utf-8");
    response.end(JSON.stringify(value));
    return response;
  };
  Object.assign(response, {
    status: (code: number) => {
      response.statusCode = code;
      return response;
    },
    json,
    send: (value: unknown) => {
      if (typeof value === "object" && value !== null && !Buffer.isBuffer(value)) return json(value);
      response.end(Buffer.isBuffer(value) ? value : String(value ?? ""));
      return response;
    },
    redirect: (first: number | string, second?: string) => {
      response
        .writeHead(typeof first === "number" ? first : 307, { location: second ?? String(first) })
        .end();
      return response;
    },
  });
}
