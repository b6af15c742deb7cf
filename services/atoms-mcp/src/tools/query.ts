import { z } from "zod";
import { ENTITY_TYPES } from "../domain/entities.js";
import { Filters } from "../domain/filters.js";
import { aggregateTypes, analyzeTypes, rankTypes, relationshipsOf, searchTypes } from "../domain/queries.js";
import { invalid } from "../domain/refusal.js";
import { formatType, type Outcome } from "./envelope.js";
import { defineTool } from "./tool.js";

const Input = z.strictObject({
  query_type: z.enum(["search", "aggregate", "analyze", "relationships", "rag_search"]),
  entities: z
    .array(z.enum([...ENTITY_TYPES, "user"]))
    .min(1)
    .max(8),
  search_term: z.string().min(1).max(500).optional().describe("for search and rag_search"),
  conditions: Filters.default({}).describe("filters, applied to each type that has the field"),
  limit: z.int().min(1).max(100).default(10).describe("per type"),
  format_type: formatType,
});

export const queryTool = defineTool({
  name: "query_tool",
  title: "Questions",
  description:
    "Searches across types, counts and sums up, and shows how records are linked. Changes nothing; all numbers cover only what you can see.",
  input: Input,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  operation: (input) => input.query_type,
  async run(input, context): Promise<Outcome> {
    const entities = [
      ...new Set(input.entities.map((type) => (type === "user" ? ("profile" as const) : type))),
    ];
    const question = { entities, filters: input.conditions, limit: input.limit };
    const term = input.search_term;
    const searches = input.query_type === "search" || input.query_type === "rag_search";
    if (searches && term === undefined) throw invalid("search_term", "required");
    if (searches) await context.spend("search");
    const data = await context.transaction(async (sql) => {
      switch (input.query_type) {
        case "search":
          return searchTypes(sql, question, term ?? "");
        case "rag_search":
          return rankTypes(sql, question, term ?? "");
        case "aggregate":
          return aggregateTypes(sql, question);
        case "analyze":
          return analyzeTypes(sql, question);
        case "relationships":
          return relationshipsOf(sql, entities);
      }
    });
    return { data };
  },
});
