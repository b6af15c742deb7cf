import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function workflowContract({ call, entity, tree }: ToolTests): void {
  describe("workflow_tool", () => {
    const flow = (workflow: string, parameters: Record<string, unknown>, transaction_mode = true) =>
      call("alice", "workflow_tool", { workflow, parameters, transaction_mode });

    it("sets up an organization and a project, and enters them", async () => {
      const org = await flow("organization_onboarding", { name: "Acme" });
      expect(org).toMatchObject({ success: true, data: { steps_completed: 3, steps_failed: 0 } });
      const project = await flow("setup_project", {
        name: "P1",
        organization_id: "auto",
        initial_documents: ["A", "B"],
      });
      expect(project.data).toMatchObject({ workflow: "setup_project", steps_completed: 4 });
      expect(project.data.document_ids).toHaveLength(2);
      const context = await call("alice", "workspace_tool", { operation: "get_context" });
      expect(context.data).toMatchObject({
        active_organization: org.data.organization_id,
        active_project: project.data.project_id,
      });
    });

    it("undoes everything at the first failure in transaction mode", async () => {
      const { document } = await tree("alice");
      const requirements = [{ name: "Good" }, { name: "Also" }, { name: "" }, { name: "Never" }];
      const answer = await flow("import_requirements", { document_id: document.id, requirements });
      expect(answer).toMatchObject({ success: false, error_type: "validation_error" });
      expect(answer.data.steps.map((s: { status: string }) => s.status)).toEqual([
        "rolled_back",
        "rolled_back",
        "failed",
      ]);
      expect((await entity("alice", { entity_type: "requirement", operation: "list" })).total).toBe(1);
    });

    it("lets each step stand alone otherwise, and counts", async () => {
      const { document } = await tree("alice");
      const requirements = [{ name: "Good" }, { name: "" }, { name: "Also", priority: "critical" }];
      const answer = await flow("import_requirements", { document_id: document.id, requirements }, false);
      expect(answer).toMatchObject({ success: true, data: { steps_completed: 2, steps_failed: 1 } });
      const good = await entity("alice", {
        entity_type: "requirement",
        operation: "read",
        entity_id: "Good",
      });
      expect(good.data.priority).toBe("medium");
      const nothing = await flow(
        "import_requirements",
        { document_id: document.id, requirements: [{ name: "" }] },
        false,
      );
      expect(nothing).toMatchObject({ success: false, data: { steps_failed: 1 } });
    });

    it("makes the missing tests of important requirements, once", async () => {
      const { project, requirement } = await tree("alice");
      const answer = await flow("setup_test_matrix", { project_id: project.id });
      expect(answer.data.matrix).toMatchObject([{ requirement_id: requirement.id, coverage_level: "full" }]);
      const made = await entity("alice", {
        entity_type: "test",
        operation: "read",
        entity_id: "Test Ignites",
      });
      expect(made.data.priority).toBe("high");
      expect((await flow("setup_test_matrix", { project_id: project.id })).data.matrix).toEqual([]);
    });

    it("updates many statuses; failures are failures", async () => {
      const { requirement } = await tree("alice");
      const parameters = {
        entity_type: "requirement",
        entity_ids: [requirement.id, randomUUID()],
        new_status: "approved",
      };
      expect(await flow("bulk_status_update", parameters)).toMatchObject({
        success: false,
        error_type: "not_found",
      });
      const alone = await flow("bulk_status_update", parameters, false);
      expect(alone).toMatchObject({
        success: true,
        data: { steps_completed: 1, steps_failed: 1, updated_ids: [requirement.id] },
      });
      expect(await flow("bulk_status_update", { ...parameters, new_status: "great" })).toMatchObject({
        error_type: "validation_error",
      });
      expect(await flow("bulk_status_update", {})).toMatchObject({ error_type: "validation_error" });
    });
  });
}
