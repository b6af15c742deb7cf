import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function workspaceContract({ call, make, tree }: ToolTests): void {
  describe("workspace_tool", () => {
    it("gives a new user a personal organization, once, even when seen twice at the same moment", async () => {
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => call("alice", "workspace_tool", { operation: "list_workspaces" })),
      );
      for (const answer of answers) {
        expect(answer).toMatchObject({ success: true, count: 1, total: 1, has_more: false });
        expect(answer.data[0]).toMatchObject({
          name: "alice's Workspace",
          slug: "alice-personal",
          type: "personal",
          role: "owner",
          project_count: 0,
        });
      }
    });

    it("keeps what is active per user, sets everything above it, and remembers the newest ten", async () => {
      const { organization, project, document } = await tree("alice");
      const set = await call("alice", "workspace_tool", {
        operation: "set_context",
        context_type: "document",
        entity_id: "engine",
      });
      expect(set.data).toMatchObject({
        active_organization: organization.id,
        active_project: project.id,
        active_document: document.id,
        recent_documents: [document.id],
      });
      for (let i = 0; i < 11; i += 1) {
        const made = await make("alice", "organization", { name: `Org ${i}` });
        await call("alice", "workspace_tool", {
          operation: "set_context",
          context_type: "organization",
          entity_id: made.id,
        });
      }
      const { data } = await call("alice", "workspace_tool", { operation: "get_context" });
      expect(data.recent_organizations).toHaveLength(10);
      expect(data.recent_organizations[0]).toBe(data.active_organization);
      expect(data.active_project).toBeNull();
      expect(
        (await call("bob", "workspace_tool", { operation: "get_context" })).data.active_organization,
      ).toBeNull();
      expect((await call("alice", "workspace_tool", { operation: "get_defaults" })).data).toEqual({
        organization_id: data.active_organization,
        project_id: project.id,
        document_id: document.id,
      });
      const cleared = await call("alice", "workspace_tool", { operation: "clear_context" });
      expect(cleared.data).toMatchObject({ active_organization: null, recent_documents: [] });
    });

    it("refuses a context that cannot be seen, like one that does not exist", async () => {
      const { project } = await tree("alice");
      const args = { operation: "set_context", context_type: "project" };
      const hidden = await call("bob", "workspace_tool", { ...args, entity_id: project.id });
      const absent = await call("bob", "workspace_tool", { ...args, entity_id: randomUUID() });
      expect(hidden).toMatchObject({ success: false, error_type: "not_found" });
      expect(hidden.error).toBe(absent.error);
    });
  });
}
