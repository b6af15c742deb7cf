import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function entityRecordsContract({ call, entity, make, tree, idOf }: ToolTests): void {
  describe("entity_tool", () => {
    it("fills in what the contract promises on create", async () => {
      const { organization, project, requirement, test } = await tree("alice");
      expect(organization).toMatchObject({
        slug: "alice-works",
        type: "team",
        status: "active",
        version: 1,
        is_deleted: false,
      });
      expect(project).toMatchObject({
        status: "active",
        visibility: "team",
        tags: [],
        settings: {},
        owned_by: await idOf("alice"),
      });
      expect(requirement).toMatchObject({
        status: "active",
        priority: "high",
        level: "component",
        format: "other",
        properties: {},
      });
      expect(test).toMatchObject({
        status: "draft",
        priority: "medium",
        test_type: "other",
        method: "manual",
        is_active: true,
        test_steps: [],
      });
      expect(requirement.external_id).toBe(`REQ-${requirement.id.slice(0, 8).toUpperCase()}`);
      expect(test.external_id).toBe(`TEST-${test.id.slice(0, 8).toUpperCase()}`);
      expect(requirement.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    });

    it.each([
      [{ name: "x" }, "name"],
      [{}, "name"],
      [{ name: "Fine", color: "red" }, "color"],
      [{ name: "Fine", version: 3 }, "version"],
      [{ name: "Fine", id: randomUUID() }, "id"],
      [{ name: "Fine", type: "gang" }, "type"],
      [{ name: "Fine", slug: "1st" }, "slug"],
      [{ name: "Fine", slug: "---" }, "slug"],
    ])("refuses %j naming %s", async (data, field) => {
      const answer = await entity("alice", { entity_type: "organization", operation: "create", data });
      expect(answer).toMatchObject({
        success: false,
        error_type: "validation_error",
        code: "VALIDATION_ERROR",
      });
      expect(answer.details.map((d: { field: string }) => d.field)).toContain(field);
    });

    it("makes slugs: normalised, prefixed, numbered when taken, also at the same moment", async () => {
      const slugs = await Promise.all(
        Array.from({ length: 4 }, () =>
          make("alice", "organization", { name: "Über 42 Co." }).then((o) => o.slug),
        ),
      );
      expect(slugs.sort()).toEqual(["ber-42-co", "ber-42-co-2", "ber-42-co-3", "ber-42-co-4"]);
      expect((await make("alice", "organization", { name: "42 things" })).slug).toBe("o-42-things");
      expect((await make("alice", "organization", { name: "Any", slug: "  My Slug! " })).slug).toBe(
        "my-slug",
      );
      const taken = await entity("bob", {
        entity_type: "organization",
        data: { name: "Any", slug: "my-slug" },
      });
      expect(taken).toMatchObject({ success: false, error_type: "conflict", code: "DUPLICATE_ENTRY" });
    });

    it("infers the operation, but never deletes or restores by inference", async () => {
      const { project } = await tree("alice");
      const inferred = async (args: Record<string, unknown>) =>
        (await entity("alice", { entity_type: "project", ...args })).operation;
      expect(await inferred({})).toBe("list");
      expect(await inferred({ search_term: "rock" })).toBe("search");
      expect(await inferred({ entity_id: project.id })).toBe("read");
      expect(await inferred({ entity_id: project.id, data: { description: "fast" } })).toBe("update");
      expect(await inferred({ data: { name: "Second", organization_id: "auto" } })).toBe("create");
    });

    it("puts `auto` where the caller works, and says so when there is no such place", async () => {
      const { document } = await tree("alice");
      const none = await entity("bob", {
        entity_type: "requirement",
        data: { name: "R", document_id: "auto" },
      });
      expect(none).toMatchObject({ error_type: "validation_error", details: [{ field: "document_id" }] });
      await call("alice", "workspace_tool", {
        operation: "set_context",
        context_type: "document",
        entity_id: document.id,
      });
      expect(await make("alice", "requirement", { name: "R", document_id: "auto" })).toMatchObject({
        document_id: document.id,
      });
    });

    it("creates a batch item by item, and says how each went", async () => {
      const { document } = await tree("alice");
      const batch = [
        { name: "A", document_id: document.id },
        { name: "" },
        { name: "B", document_id: document.id },
      ];
      const answer = await entity("alice", { entity_type: "requirement", batch });
      expect(answer).toMatchObject({ success: true, created: 2, failed: 1 });
      expect(answer.data.map((item: { success: boolean }) => item.success)).toEqual([true, false, true]);
      expect(answer.data[1]).toMatchObject({ index: 1, error_type: "validation_error" });
      const ids = new Set([0, 2].map((i) => answer.data[i].data.external_id));
      expect(ids.size).toBe(2);
      const failed = await entity("alice", { entity_type: "requirement", batch: [{ name: "" }] });
      expect(failed).toMatchObject({ success: false, created: 0, failed: 1, error_type: "validation_error" });
    });

    it("finds by name: exact, ambiguous, similar for reading only, with suggestions", async () => {
      const { organization } = await tree("alice");
      await make("alice", "project", { name: "Twin", organization_id: organization.id });
      await make("alice", "project", { name: "twin", organization_id: organization.id });
      const read = (entity_id: string) =>
        entity("alice", { entity_type: "project", operation: "read", entity_id });
      expect((await read("ROCKET")).data.name).toBe("Rocket");
      const ambiguous = await read("Twin");
      expect(ambiguous).toMatchObject({ error_type: "ambiguous", code: "AMBIGUOUS" });
      expect(ambiguous.suggestions).toHaveLength(2);
      expect(await read("Rockett")).toMatchObject({
        success: true,
        resolved_by: "fuzzy",
        data: { name: "Rocket" },
      });
      const far = await read("Rocab");
      expect(far).toMatchObject({ error_type: "not_found", suggestions: [{ name: "Rocket" }] });
      const write = await entity("alice", {
        entity_type: "project",
        operation: "update",
        entity_id: "Rockett",
        data: { description: "x" },
      });
      expect(write).toMatchObject({ error_type: "not_found", suggestions: [{ name: "Rocket" }] });
    });

    it("updates: partly, clearing with null, counting versions, refusing a stale one and a move", async () => {
      const { requirement, document } = await tree("alice");
      const update = (data: Record<string, unknown>, more = {}) =>
        entity("alice", {
          entity_type: "requirement",
          operation: "update",
          entity_id: requirement.id,
          data,
          ...more,
        });
      expect(
        (await update({ description: "hot", tags: ["a", "b"], properties: { k: [1, "x"] } })).data,
      ).toMatchObject({
        description: "hot",
        tags: ["a", "b"],
        properties: { k: [1, "x"] },
        version: 2,
      });
      expect((await update({ description: null })).data).toMatchObject({
        description: null,
        name: "Ignites",
        version: 3,
      });
      const stale = await update({ name: "Late" }, { expected_version: 1 });
      expect(stale).toMatchObject({ error_type: "conflict", code: "VERSION_CONFLICT" });
      expect((await update({ name: "In time" }, { expected_version: 3 })).data).toMatchObject({
        name: "In time",
        version: 4,
      });
      expect(await update({ document_id: document.id })).toMatchObject({ error_type: "validation_error" });
      expect(await update({ name: null })).toMatchObject({ error_type: "validation_error" });
      expect(await update({})).toMatchObject({ error_type: "validation_error" });
    });
  });
}
