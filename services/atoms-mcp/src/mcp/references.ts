import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { ENTITIES, ENTITY_TYPES } from "../domain/entities.js";
import { WORKFLOWS } from "../tools/workflow.js";

// Made once: a server is built per request, and making a schema costs more than asking one.
const CREATE_ARGS = z.object({ entity_type: z.enum(ENTITY_TYPES).describe("the type to create") });
const TRACE_ARGS = z.object({ document_id: z.string().describe("the document's id") });

/** Registers the static resources and prompts: made from the same definitions as the schemas, without any store. */
export function registerReferences(server: McpServer): void {
  resource(
    server,
    "entities",
    "atoms://reference/entities",
    "The eight entity types and their fields",
    entitiesJson,
  );
  resource(
    server,
    "workflows",
    "atoms://reference/workflows",
    "The five workflows and their parameters",
    workflowsJson,
  );
  server.registerPrompt(
    "create_entity",
    {
      title: "Create a record",
      description: "How to create one record of a type, with its fields",
      argsSchema: CREATE_ARGS,
    },
    ({ entity_type }) => ask(creation(entity_type)),
  );
  server.registerPrompt(
    "trace_requirements",
    {
      title: "Trace requirements",
      description: "How to review the requirements of a document, their links and their tests",
      argsSchema: TRACE_ARGS,
    },
    ({ document_id }) => ask(tracing(document_id)),
  );
}

function resource(
  server: McpServer,
  name: string,
  uri: string,
  description: string,
  text: () => string,
): void {
  const mimeType = "application/json";
  server.registerResource(name, uri, { title: description, description, mimeType }, () => ({
    contents: [{ uri, mimeType, text: text() }],
  }));
}

function ask(text: string) {
  return { messages: [{ role: "user" as const, content: { type: "text" as const, text } }] };
}

function creation(type: keyof typeof ENTITIES): string {
  const { title, fields } = ENTITIES[type];
  const lines = Object.entries(fields).map(
    ([name, field]) => `- ${name} (${field.type}${field.required ? ", required" : ""})`,
  );
  return [
    `Create one ${type}: ${title}.`,
    "Ask me for what is missing, then call entity_tool with operation create and these fields in data:",
    ...lines,
    "Use auto for a parent to put it where I am working.",
  ].join("\n");
}

function tracing(document: string): string {
  return [
    `Review how the requirements of document ${document} are traced and tested.`,
    "List them with entity_tool (entity_type requirement, parent_type document), read each with include_relations,",
    "then name the requirements without a test or a trace link, and propose links for relationship_tool.",
  ].join("\n");
}

let entitiesText: string | undefined;
function entitiesJson(): string {
  entitiesText ??= JSON.stringify(
    ENTITY_TYPES.map((type) => {
      const { title, parent, fields } = ENTITIES[type];
      const told = Object.entries(fields).map(([name, field]) => ({
        name,
        required: field.required === true,
        nullable: field.nullable === true,
        schema: z.toJSONSchema(field.schema),
      }));
      return { type, title, parent: parent?.type ?? null, fields: told };
    }),
    null,
    2,
  );
  return entitiesText;
}

let workflowsText: string | undefined;
function workflowsJson(): string {
  workflowsText ??= JSON.stringify(
    Object.entries(WORKFLOWS).map(([name, { parameters }]) => ({
      name,
      parameters: z.toJSONSchema(parameters, { io: "input" }),
    })),
    null,
    2,
  );
  return workflowsText;
}
