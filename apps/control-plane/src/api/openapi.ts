import { roles } from "@atoms/store";
import { verbs } from "../verbs/index.js";
import { jsonSchemaOf } from "./read-input.js";

type Json = { [key: string]: unknown };

/** What is not a verb: the stream of events, and the session of a browser. */
const otherPaths: Json = {
  "/events": {
    get: {
      operationId: "followLedger",
      tags: ["events"],
      summary: "Follow the ledger by server-sent events",
      description:
        "`hello`: from here on everything is told. `entry`: an entry of the ledger, its place as the event's id. `release`: a release under way that has changed. `reset`: there was more than can be sent; read anew. A listener that does not read is let go, and goes on with Last-Event-ID.",
      "x-role": "viewer",
      parameters: [
        {
          name: "after",
          in: "query",
          schema: { type: "integer", minimum: 0 },
          description: "The last entry that is known; Last-Event-ID counts before it.",
        },
        { name: "Last-Event-ID", in: "header", schema: { type: "integer", minimum: 0 } },
      ],
      responses: {
        200: { description: "The stream", content: { "text/event-stream": { schema: { type: "string" } } } },
        default: { $ref: "#/components/responses/Problem" },
      },
    },
  },
  "/session": {
    get: {
      operationId: "whoAmI",
      tags: ["session"],
      summary: "Say who asks, and what they may do",
      "x-role": "viewer",
      responses: answers("name, role, environments, and the service and environment of the playbook"),
    },
    post: {
      operationId: "signIn",
      tags: ["session"],
      summary: "Trade the code of a sign-in link for a session, once",
      security: [],
      requestBody: body({
        type: "object",
        properties: { code: { type: "string" } },
        required: ["code"],
        additionalProperties: false,
      }),
      responses: answers("the same as GET, with the session as a cookie"),
    },
    delete: {
      operationId: "signOut",
      tags: ["session"],
      summary: "End the session of this browser",
      "x-role": "viewer",
      responses: answers("null"),
    },
  },
};

/**
 * The API as OpenAPI 3.1, made of the verbs. What a verb answers is plain data whose type is in the sources; the document
 * tells what is asked.
 */
export function openApi(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const verb of verbs)
    paths[verb.path] = { ...paths[verb.path], [verb.method.toLowerCase()]: operationOf(verb) };
  return {
    openapi: "3.1.1",
    info: {
      title: "Atoms control plane",
      version,
      description:
        "Everything that `atoms` can be asked. `atoms token create` makes a token; roles are viewer, operator, admin, each more than the one before.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ bearer: [] }, { session: [] }],
    paths: { ...paths, ...otherPaths },
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "atoms_<folder>" },
      },
      responses: {
        Problem: {
          description:
            "What went wrong: 400 not understood, 401 no token that counts, 403 not the caller's to do, 409 refused, 413 too large, 429 too often (see Retry-After), 500 failed, 503 too many streams.",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      schemas: {
        Problem: {
          type: "object",
          properties: {
            code: { type: "string", pattern: "^ATM-\\d{3}$", description: "See docs/reference/problems.md." },
            title: { type: "string" },
            happened: { type: "string" },
            stillTrue: { type: "string" },
            fix: { type: "string", description: "What to do next." },
            ending: {
              type: "string",
              enum: ["done", "failed", "usage", "rolled back", "refused", "inconclusive"],
            },
          },
          required: ["code", "title", "happened", "fix", "ending"],
        },
        Role: { type: "string", enum: [...roles] },
      },
    },
  };
}

function operationOf(verb: (typeof verbs)[number]): Json {
  const schema = withoutOwnPlaybook(jsonSchemaOf(verb.input) as Json);
  const common = {
    operationId: verb.name.replace(/[ -]+(\w)/g, (_: string, letter: string) => letter.toUpperCase()),
    tags: [verb.path.split("/")[1] ?? ""],
    summary: verb.summary,
    ...(verb.answers === undefined ? {} : { description: `Answers ${verb.answers}` }),
    "x-role": verb.role,
    responses: answers("what was asked for, as plain data"),
  };
  if (verb.method === "POST") return { ...common, requestBody: body(schema) };
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const parameters = Object.entries(properties).map(([name, property]) => ({
    name,
    in: "query",
    ...(required.includes(name) ? { required: true } : {}),
    ...parameterOf(property),
  }));
  return { ...common, parameters };
}

/** Text stands in the address as it is, everything else as JSON. */
function parameterOf({ description, ...schema }: Json): Json {
  const told = description === undefined ? {} : { description };
  return schema["type"] === "object" || schema["type"] === "array"
    ? { ...told, content: { "application/json": { schema } } }
    : { ...told, schema };
}

/** The control plane's own playbook is meant where none is named; only its owner can name another. */
function withoutOwnPlaybook({ $schema: _, ...schema }: Json): Json {
  const { properties, required } = schema as { properties?: Record<string, Json>; required?: string[] };
  if (properties?.["playbook"] === undefined) return schema;
  const left = (required ?? []).filter((name) => name !== "playbook");
  const { required: _all, ...rest } = schema;
  return {
    ...rest,
    properties: {
      ...properties,
      playbook: {
        ...properties["playbook"],
        description:
          "Absolute path of the playbook file; the control plane's own when left out. Only the token of its folder can name another.",
      },
    },
    ...(left.length === 0 ? {} : { required: left }),
  };
}

function body(schema: Json): Json {
  return { required: true, content: { "application/json": { schema } } };
}

function answers(answer: string): Json {
  const schema = {
    type: "object",
    properties: { ok: { const: true }, answer: { description: answer } },
    required: ["ok", "answer"],
  };
  return {
    200: { description: "Done", content: { "application/json": { schema } } },
    default: { $ref: "#/components/responses/Problem" },
  };
}
