import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function entityListsContract({ call, entity, make, tree, idOf }: ToolTests): void {
  describe("entity_tool: lists, deletion, forms", () => {
    it("lists with filters, order, pages and parents, cutting nothing", async () => {
      const { organization, project, document } = await tree("alice");
      const batch = Array.from({ length: 25 }, (_, i) => ({
        name: `R${String(i).padStart(2, "0")}`,
        document_id: document.id,
        description: "d".repeat(1000),
        priority: i % 2 ? "low" : "critical",
        position: i,
      }));
      await entity("alice", { entity_type: "requirement", batch });
      const list = (args: Record<string, unknown>) =>
        entity("alice", { entity_type: "requirement", operation: "list", order_by: "name", ...args });
      const all = await list({ limit: 100 });
      expect(all).toMatchObject({ count: 26, total: 26, has_more: false });
      expect(all.data[3].description).toHaveLength(1000);
      const page = await list({ limit: 10, offset: 20 });
      expect(page).toMatchObject({ count: 6, total: 26, limit: 10, offset: 20, has_more: false });
      const names = async (args: Record<string, unknown>) =>
        (await list({ limit: 100, ...args })).data.map((r: { name: string }) => r.name);
      expect(await names({ filters: { priority: "critical" } })).toHaveLength(13);
      expect(await names({ filters: { position: { gte: 3, lt: 5 } } })).toEqual(["R03", "R04"]);
      expect(await names({ filters: { name: { in: ["R01", "R02"] } } })).toEqual(["R01", "R02"]);
      expect(await names({ filters: { position: null } })).toEqual(["Ignites"]);
      expect(
        await names({
          filters: { position: { is_null: false }, name: { like: "R0%" } },
          order_by: "-position",
        }),
      ).toHaveLength(10);
      expect(await names({ filters: { id: { not_in: [all.data[0].id] } } })).toHaveLength(25);
      expect(await names({ filters: { created_at: { gt: "2020-01-01T00:00:00Z" } } })).toHaveLength(26);
      expect(await names({ filters: { properties: { contains: {} } } })).toHaveLength(26);
      for (const [parent_type, parent_id] of [
        ["document", document.id],
        ["project", project.id],
        ["organization", organization.id],
      ]) {
        expect(await names({ parent_type, parent_id })).toHaveLength(26);
      }
      for (const bad of [
        { filters: { nonsense: 1 } },
        { filters: { position: "x" } },
        { filters: { id: "no" } },
        { order_by: "nonsense" },
        { parent_type: "test", parent_id: document.id },
        { parent_type: "document" },
      ]) {
        expect(await list(bad), JSON.stringify(bad)).toMatchObject({
          success: false,
          error_type: "validation_error",
        });
      }
      expect(await list({ limit: 101 })).toMatchObject({ success: false });
    });

    it("searches for a substring in which % and _ are literal", async () => {
      const { document } = await tree("alice");
      await make("alice", "requirement", { name: "100% sure_thing", document_id: document.id });
      const search = async (search_term: string) =>
        (await entity("alice", { entity_type: "requirement", operation: "search", search_term })).count;
      expect(await search("% SURE_")).toBe(1);
      expect(await search("%")).toBe(1);
      expect(await search("e_t")).toBe(1);
      expect(await search("s%re")).toBe(0);
    });

    it("reads with what surrounds a record", async () => {
      const { organization, project, document, requirement, test } = await tree("alice");
      await make("alice", "block", { name: "Intro", document_id: document.id });
      const second = await make("alice", "block", { name: "More", document_id: document.id });
      expect(second.position).toBe(2);
      await call("alice", "relationship_tool", {
        operation: "link",
        relationship_type: "requirement_test",
        source: { type: "requirement", id: requirement.id },
        target: { type: "test", id: test.id },
      });
      const read = async (entity_type: string, entity_id: string) =>
        (await entity("alice", { entity_type, operation: "read", entity_id, include_relations: true })).data;
      expect(await read("organization", organization.id)).toMatchObject({
        member_count: 1,
        recent_projects: [{ id: project.id }],
      });
      expect(await read("project", project.id)).toMatchObject({
        document_count: 1,
        members: [{ role: "owner" }],
      });
      expect(await read("document", document.id)).toMatchObject({
        requirement_count: 1,
        blocks: [{ name: "Intro" }, { name: "More" }],
      });
      expect(await read("requirement", requirement.id)).toMatchObject({
        tests: [{ id: test.id }],
        trace_links: [],
      });
      expect(await read("test", test.id)).toMatchObject({ requirements: [{ id: requirement.id }] });
    });

    it("deletes softly with everything inside, and restores exactly that", async () => {
      const { organization, project, document, requirement, test } = await tree("alice");
      const before = await make("alice", "requirement", { name: "Gone before", document_id: document.id });
      const op = (operation: string, entity_type: string, entity_id: string, more = {}) =>
        entity("alice", { entity_type, operation, entity_id, ...more });
      await op("delete", "requirement", before.id);
      expect(await op("delete", "organization", organization.id)).toMatchObject({ success: true });
      const children = { project, document, requirement, test };
      for (const [type, row] of Object.entries(children)) {
        expect(await op("read", type, row.id), type).toMatchObject({ error_type: "not_found" });
        expect((await op("read", type, row.id, { include_deleted: true })).data, type).toMatchObject({
          is_deleted: true,
        });
      }
      expect((await entity("alice", { entity_type: "project", operation: "list" })).total).toBe(0);
      expect(await op("restore", "document", document.id)).toMatchObject({ code: "INVALID_REFERENCE" });
      expect(await op("restore", "organization", organization.id)).toMatchObject({ success: true });
      for (const [type, row] of Object.entries(children)) {
        expect((await op("read", type, row.id)).success, type).toBe(true);
      }
      expect(await op("read", "requirement", before.id)).toMatchObject({ error_type: "not_found" });
    });

    it("frees the slug of a deleted record, and refuses to restore it over a new owner of the slug", async () => {
      const first = await make("alice", "organization", { name: "Acme" });
      await entity("alice", { entity_type: "organization", operation: "delete", entity_id: first.id });
      expect((await make("bob", "organization", { name: "Acme" })).slug).toBe("acme");
      const back = await entity("alice", {
        entity_type: "organization",
        operation: "restore",
        entity_id: first.id,
      });
      expect(back).toMatchObject({ code: "DUPLICATE_ENTRY" });
    });

    it("removes for good only as owner and only what is empty", async () => {
      const { organization, project, document } = await tree("alice");
      const purge = (entity_type: string, entity_id: string) =>
        entity("alice", { entity_type, operation: "delete", entity_id, soft_delete: false });
      expect(await purge("organization", organization.id)).toMatchObject({ code: "HAS_CHILDREN" });
      expect(await purge("document", document.id)).toMatchObject({ code: "HAS_CHILDREN" });
      await entity("alice", { entity_type: "project", operation: "delete", entity_id: project.id });
      expect(await purge("organization", organization.id)).toMatchObject({ success: true });
      const gone = await entity("alice", {
        entity_type: "organization",
        entity_id: organization.id,
        include_deleted: true,
      });
      expect(gone).toMatchObject({ error_type: "not_found" });
    });

    it("answers in the asked form", async () => {
      for (const name of ["One", "Two", "Three", "Four"])
        await make("alice", "organization", { name: `${name} org` });
      const list = (format_type: string) =>
        entity("alice", { entity_type: "organization", operation: "list", format_type });
      expect((await list("summary")).data).toMatchObject({ count: 5, truncated: true, items: [{}, {}, {}] });
      expect(Object.keys(await list("raw")).sort()).toEqual(["data", "success"]);
      expect(await list("detailed")).toMatchObject({ meta: { user_id: await idOf("alice") } });
    });

    it("lets people change their own profile only, and shows no subject", async () => {
      const bob = await idOf("bob");
      const alice = await idOf("alice");
      const update = (entity_id: string) =>
        entity("alice", {
          entity_type: "user",
          operation: "update",
          entity_id,
          data: { job_title: "Pilot" },
        });
      expect((await update(alice)).data).toMatchObject({ job_title: "Pilot", email: "alice@local.test" });
      expect(await update(bob)).toMatchObject({ error_type: "permission_denied" });
      expect(await entity("alice", { entity_type: "profile", data: { full_name: "New" } })).toMatchObject({
        error_type: "permission_denied",
      });
      const all = await entity("alice", { entity_type: "profile", operation: "list" });
      expect(JSON.stringify(all)).not.toContain("user_local_");
      expect(all.data.find((p: { id: string }) => p.id === bob)).toMatchObject({
        preferences: null,
        personal_organization_id: null,
      });
    });

    it("refuses an unknown argument, naming it", async () => {
      const answer = await entity("alice", { entity_type: "project", operation: "list", pages: 3 });
      expect(answer.success).toBe(false);
      expect(answer.error).toContain("pages");
    });
  });
}
