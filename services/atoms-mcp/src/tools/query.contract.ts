import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function queryContract({ call, make, tree }: ToolTests): void {
  describe("query_tool", () => {
    const ask = (query_type: string, entities: string[], more = {}) =>
      call("alice", "query_tool", { query_type, entities, ...more });

    it("searches, sums up, analyses and ranks what the caller sees", async () => {
      const { document, requirement, test } = await tree("alice");
      await tree("bob");
      await make("alice", "requirement", {
        name: "Shuts down",
        description: "The engine must stop igniting",
        document_id: document.id,
      });
      await call("alice", "relationship_tool", {
        operation: "link",
        relationship_type: "requirement_test",
        source: { type: "requirement", id: requirement.id },
        target: { type: "test", id: test.id },
      });
      const found = await ask("search", ["requirement", "document"], { search_term: "engine" });
      expect(found.data).toMatchObject({
        total_results: 2,
        results_by_entity: { requirement: { count: 1 }, document: { count: 1 } },
      });
      const counts = await ask("aggregate", ["requirement", "project", "document"]);
      expect(counts.data.requirement).toEqual({
        total_count: 2,
        recent_count: 2,
        status_breakdown: { active: 2 },
      });
      expect(counts.data.project.total_count).toBe(1);
      expect(counts.data.document.status_breakdown).toEqual({});
      const narrowed = await ask("aggregate", ["requirement", "project"], {
        conditions: { priority: "high" },
      });
      expect(narrowed.data).toMatchObject({ requirement: { total_count: 1 }, project: { total_count: 1 } });
      const analysis = await ask("analyze", ["organization", "project", "requirement", "block"]);
      expect(analysis.data).toMatchObject({
        organization: {
          total_count: 2,
          members: { average: 1, min: 1, max: 1 },
          projects: { min: 0, max: 1 },
        },
        project: { complexity: { simple: 1, medium: 0, complex: 0 }, requirements: { max: 2 } },
        requirement: { test_coverage: 0.5, priority_distribution: { high: 1, low: 1 } },
        block: { total_count: 0 },
      });
      const ranked = await ask("rag_search", ["requirement"], { search_term: "ignition engines" });
      expect(ranked.data).toMatchObject({ mode: "keyword" });
      expect(
        (await ask("rag_search", ["requirement"], { search_term: "igniting" })).data.total_results,
      ).toBeGreaterThan(0);
      const links = await ask("relationships", ["requirement"]);
      expect(links.data).toMatchObject({ requirement_tests: { count: 1 }, trace_links: { count: 0 } });
      expect(links.data).not.toHaveProperty("organization_members");
      expect(await ask("search", ["project"])).toMatchObject({ error_type: "validation_error" });
      expect(await ask("aggregate", ["project"], { conditions: { nonsense: 1 } })).toMatchObject({
        error_type: "validation_error",
      });
    });
  });
}
