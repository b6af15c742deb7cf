import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";

describe.each(STORES)("tools on $name", ({ open }) => {
  let store: TestStore;
  let server: TestServer;
  beforeAll(async () => {
    store = await open();
    server = await startServer(PLAIN, shared(store.driver));
  });
  beforeEach(() => store.empty());
  afterAll(async () => {
    await server?.close();
    await store?.close();
  });

  const call = (user: string, tool: string, args: Record<string, unknown>) => server.call(user, tool, args);
  const entity = (user: string, args: Record<string, unknown>) => call(user, "entity_tool", args);
  const make = async (user: string, entity_type: string, data: Record<string, unknown>) => {
    const answer = await entity(user, { entity_type, operation: "create", data });
    expect(answer, JSON.stringify(answer)).toMatchObject({ success: true, operation: "create", entity_type });
    return answer.data;
  };
  /** An organization with a project, a document, a requirement and a test. */
  const tree = async (user: string) => {
    const organization = await make(user, "organization", { name: `${user} works` });
    const project = await make(user, "project", { name: "Rocket", organization_id: organization.id });
    const document = await make(user, "document", { name: "Engine", project_id: project.id });
    const requirement = await make(user, "requirement", { name: "Ignites", document_id: document.id, priority: "high" });
    const test = await make(user, "test", { title: "Ignition", project_id: project.id });
    return { organization, project, document, requirement, test };
  };
  const idOf = async (user: string) => (await call(user, "workspace_tool", { operation: "get_context" })).meta.user_id;

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
        await call("alice", "workspace_tool", { operation: "set_context", context_type: "organization", entity_id: made.id });
      }
      const { data } = await call("alice", "workspace_tool", { operation: "get_context" });
      expect(data.recent_organizations).toHaveLength(10);
      expect(data.recent_organizations[0]).toBe(data.active_organization);
      expect(data.active_project).toBeNull();
      expect((await call("bob", "workspace_tool", { operation: "get_context" })).data.active_organization).toBeNull();
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

  describe("entity_tool", () => {
    it("fills in what the contract promises on create", async () => {
      const { organization, project, requirement, test } = await tree("alice");
      expect(organization).toMatchObject({ slug: "alice-works", type: "team", status: "active", version: 1, is_deleted: false });
      expect(project).toMatchObject({ status: "active", visibility: "team", tags: [], settings: {}, owned_by: await idOf("alice") });
      expect(requirement).toMatchObject({ status: "active", priority: "high", level: "component", format: "other", properties: {} });
      expect(test).toMatchObject({ status: "draft", priority: "medium", test_type: "other", method: "manual", is_active: true, test_steps: [] });
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
      expect(answer).toMatchObject({ success: false, error_type: "validation_error", code: "VALIDATION_ERROR" });
      expect(answer.details.map((d: { field: string }) => d.field)).toContain(field);
    });

    it("makes slugs: normalised, prefixed, numbered when taken, also at the same moment", async () => {
      const slugs = await Promise.all(
        Array.from({ length: 4 }, () => make("alice", "organization", { name: "Über 42 Co." }).then((o) => o.slug)),
      );
      expect(slugs.sort()).toEqual(["ber-42-co", "ber-42-co-2", "ber-42-co-3", "ber-42-co-4"]);
      expect((await make("alice", "organization", { name: "42 things" })).slug).toBe("o-42-things");
      expect((await make("alice", "organization", { name: "Any", slug: "  My Slug! " })).slug).toBe("my-slug");
      const taken = await entity("bob", { entity_type: "organization", data: { name: "Any", slug: "my-slug" } });
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
      const none = await entity("bob", { entity_type: "requirement", data: { name: "R", document_id: "auto" } });
      expect(none).toMatchObject({ error_type: "validation_error", details: [{ field: "document_id" }] });
      await call("alice", "workspace_tool", { operation: "set_context", context_type: "document", entity_id: document.id });
      expect(await make("alice", "requirement", { name: "R", document_id: "auto" })).toMatchObject({ document_id: document.id });
    });

    it("creates a batch item by item, and says how each went", async () => {
      const { document } = await tree("alice");
      const batch = [{ name: "A", document_id: document.id }, { name: "" }, { name: "B", document_id: document.id }];
      const answer = await entity("alice", { entity_type: "requirement", batch });
      expect(answer).toMatchObject({ success: true, created: 2, failed: 1 });
      expect(answer.data.map((item: { success: boolean }) => item.success)).toEqual([true, false, true]);
      expect(answer.data[1]).toMatchObject({ index: 1, error_type: "validation_error" });
      const ids = new Set(answer.data.filter((i: any) => i.success).map((i: any) => i.data.external_id));
      expect(ids.size).toBe(2);
      const failed = await entity("alice", { entity_type: "requirement", batch: [{ name: "" }] });
      expect(failed).toMatchObject({ success: false, created: 0, failed: 1, error_type: "validation_error" });
    });

    it("finds by name: exact, ambiguous, similar for reading only, with suggestions", async () => {
      const { organization } = await tree("alice");
      await make("alice", "project", { name: "Twin", organization_id: organization.id });
      await make("alice", "project", { name: "twin", organization_id: organization.id });
      const read = (entity_id: string) => entity("alice", { entity_type: "project", operation: "read", entity_id });
      expect((await read("ROCKET")).data.name).toBe("Rocket");
      const ambiguous = await read("Twin");
      expect(ambiguous).toMatchObject({ error_type: "ambiguous", code: "AMBIGUOUS" });
      expect(ambiguous.suggestions).toHaveLength(2);
      expect(await read("Rockett")).toMatchObject({ success: true, resolved_by: "fuzzy", data: { name: "Rocket" } });
      const far = await read("Rocab");
      expect(far).toMatchObject({ error_type: "not_found", suggestions: [{ name: "Rocket" }] });
      const write = await entity("alice", { entity_type: "project", operation: "update", entity_id: "Rockett", data: { description: "x" } });
      expect(write).toMatchObject({ error_type: "not_found", suggestions: [{ name: "Rocket" }] });
    });

    it("updates: partly, clearing with null, counting versions, refusing a stale one and a move", async () => {
      const { requirement, document } = await tree("alice");
      const update = (data: Record<string, unknown>, more = {}) =>
        entity("alice", { entity_type: "requirement", operation: "update", entity_id: requirement.id, data, ...more });
      expect((await update({ description: "hot", tags: ["a", "b"], properties: { k: [1, "x"] } })).data).toMatchObject({
        description: "hot",
        tags: ["a", "b"],
        properties: { k: [1, "x"] },
        version: 2,
      });
      expect((await update({ description: null })).data).toMatchObject({ description: null, name: "Ignites", version: 3 });
      const stale = await update({ name: "Late" }, { expected_version: 1 });
      expect(stale).toMatchObject({ error_type: "conflict", code: "VERSION_CONFLICT" });
      expect((await update({ name: "In time" }, { expected_version: 3 })).data).toMatchObject({ name: "In time", version: 4 });
      expect(await update({ document_id: document.id })).toMatchObject({ error_type: "validation_error" });
      expect(await update({ name: null })).toMatchObject({ error_type: "validation_error" });
      expect(await update({})).toMatchObject({ error_type: "validation_error" });
    });

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
      const names = async (args: Record<string, unknown>) => (await list({ limit: 100, ...args })).data.map((r: any) => r.name);
      expect(await names({ filters: { priority: "critical" } })).toHaveLength(13);
      expect(await names({ filters: { position: { gte: 3, lt: 5 } } })).toEqual(["R03", "R04"]);
      expect(await names({ filters: { name: { in: ["R01", "R02"] } } })).toEqual(["R01", "R02"]);
      expect(await names({ filters: { position: null } })).toEqual(["Ignites"]);
      expect(await names({ filters: { position: { is_null: false }, name: { like: "R0%" } }, order_by: "-position" })).toHaveLength(10);
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
        expect(await list(bad), JSON.stringify(bad)).toMatchObject({ success: false, error_type: "validation_error" });
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
      expect(await read("organization", organization.id)).toMatchObject({ member_count: 1, recent_projects: [{ id: project.id }] });
      expect(await read("project", project.id)).toMatchObject({ document_count: 1, members: [{ role: "owner" }] });
      expect(await read("document", document.id)).toMatchObject({ requirement_count: 1, blocks: [{ name: "Intro" }, { name: "More" }] });
      expect(await read("requirement", requirement.id)).toMatchObject({ tests: [{ id: test.id }], trace_links: [] });
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
        expect((await op("read", type, row.id, { include_deleted: true })).data, type).toMatchObject({ is_deleted: true });
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
      const back = await entity("alice", { entity_type: "organization", operation: "restore", entity_id: first.id });
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
      const gone = await entity("alice", { entity_type: "organization", entity_id: organization.id, include_deleted: true });
      expect(gone).toMatchObject({ error_type: "not_found" });
    });

    it("answers in the asked form", async () => {
      for (const name of ["One", "Two", "Three", "Four"]) await make("alice", "organization", { name: `${name} org` });
      const list = (format_type: string) => entity("alice", { entity_type: "organization", operation: "list", format_type });
      expect((await list("summary")).data).toMatchObject({ count: 5, truncated: true, items: [{}, {}, {}] });
      expect(Object.keys(await list("raw")).sort()).toEqual(["data", "success"]);
      expect(await list("detailed")).toMatchObject({ meta: { user_id: await idOf("alice") } });
    });

    it("lets people change their own profile only, and shows no subject", async () => {
      const bob = await idOf("bob");
      const alice = await idOf("alice");
      const update = (entity_id: string) =>
        entity("alice", { entity_type: "user", operation: "update", entity_id, data: { job_title: "Pilot" } });
      expect((await update(alice)).data).toMatchObject({ job_title: "Pilot", email: "alice@local.test" });
      expect(await update(bob)).toMatchObject({ error_type: "permission_denied" });
      expect(await entity("alice", { entity_type: "profile", data: { full_name: "New" } })).toMatchObject({ error_type: "permission_denied" });
      const all = await entity("alice", { entity_type: "profile", operation: "list" });
      expect(JSON.stringify(all)).not.toContain("user_local_");
      expect(all.data.find((p: any) => p.id === bob)).toMatchObject({ preferences: null, personal_organization_id: null });
    });

    it("refuses an unknown argument, naming it", async () => {
      const answer = await entity("alice", { entity_type: "project", operation: "list", pages: 3 });
      expect(answer.success).toBe(false);
      expect(answer.error).toContain("pages");
    });
  });

  describe("relationship_tool", () => {
    const relate = (user: string, operation: string, relationship_type: string, source: object, target?: object, metadata = {}) =>
      call(user, "relationship_tool", { operation, relationship_type, source, ...(target ? { target } : {}), metadata });

    it("adds, lists, changes and removes members, and keeps an owner", async () => {
      const { organization } = await tree("alice");
      const bob = await idOf("bob");
      const alice = await idOf("alice");
      const org = { type: "organization", id: organization.id };
      const member = (user: string, operation: string, id: string, metadata = {}) =>
        relate(user, operation, "member", org, { type: "user", id }, metadata);
      expect((await member("alice", "link", bob)).data).toMatchObject({ role: "member", status: "active" });
      expect(await member("alice", "link", bob)).toMatchObject({ code: "DUPLICATE_ENTRY" });
      expect(await member("bob", "update", bob, { role: "owner" })).toMatchObject({ error_type: "permission_denied" });
      expect((await member("alice", "update", bob, { role: "admin" })).data).toMatchObject({ role: "admin", version: 2 });
      expect(await member("bob", "update", bob, { role: "owner" })).toMatchObject({ error_type: "permission_denied" });
      expect(await member("bob", "unlink", alice)).toMatchObject({ error_type: "permission_denied" });
      const listed = await relate("bob", "list", "member", org);
      expect(listed).toMatchObject({ count: 2, total: 2 });
      expect(listed.data.map((m: any) => m.profile.email).sort()).toEqual(["alice@local.test", "bob@local.test"]);
      expect((await member("alice", "check", bob)).data).toMatchObject({ exists: true, relationship: { role: "admin" } });
      expect(await member("alice", "unlink", alice)).toMatchObject({ code: "LAST_OWNER" });
      expect(await member("alice", "update", alice, { role: "member" })).toMatchObject({ code: "LAST_OWNER" });
      expect(await member("bob", "unlink", bob)).toMatchObject({ success: true });
      expect((await member("alice", "check", bob)).data).toEqual({ exists: false, relationship: null });
      expect(await member("alice", "unlink", bob)).toMatchObject({ error_type: "not_found" });
      expect((await member("alice", "link", bob)).data).toMatchObject({ role: "member", is_deleted: false });
    });

    it("gives project roles their rights", async () => {
      const { project, document } = await tree("alice");
      const bob = await idOf("bob");
      const source = { type: "project", id: project.id };
      const target = { type: "user", id: bob };
      const write = () => entity("bob", { entity_type: "requirement", data: { name: "By bob", document_id: document.id } });
      expect(await write()).toMatchObject({ code: "INVALID_REFERENCE" });
      await relate("alice", "link", "member", source, target);
      expect(await write()).toMatchObject({ error_type: "permission_denied" });
      await relate("alice", "update", "member", source, target, { role: "editor" });
      expect(await write()).toMatchObject({ success: true });
      const remove = { entity_type: "document", operation: "delete", entity_id: document.id };
      expect(await entity("bob", remove)).toMatchObject({ error_type: "permission_denied" });
      await relate("alice", "update", "member", source, target, { role: "admin" });
      expect(await entity("bob", remove)).toMatchObject({ success: true });
    });

    it("traces: typed, unique per kind, never to itself, revived after deletion, silent about deleted ends", async () => {
      const { document, requirement } = await tree("alice");
      const other = await make("alice", "requirement", { name: "Other", document_id: document.id });
      const source = { type: "requirement", id: requirement.id };
      const target = { type: "requirement", id: other.id };
      const first = await relate("alice", "link", "trace_link", source, target);
      expect(first.data).toMatchObject({ link_type: "relates_to", source_type: "requirement" });
      expect(await relate("alice", "link", "trace_link", source, target)).toMatchObject({ code: "DUPLICATE_ENTRY" });
      expect(await relate("alice", "link", "trace_link", source, target, { link_type: "implements" })).toMatchObject({ success: true });
      expect(await relate("alice", "unlink", "trace_link", source, target)).toMatchObject({ code: "AMBIGUOUS" });
      expect(await relate("alice", "unlink", "trace_link", source, target, { link_type: "relates_to" })).toMatchObject({ success: true });
      expect((await relate("alice", "link", "trace_link", source, target)).data.id).toBe(first.data.id);
      expect(await relate("alice", "link", "trace_link", source, source)).toMatchObject({ error_type: "validation_error" });
      expect(await relate("alice", "link", "trace_link", source, target, { wild: 1 })).toMatchObject({ error_type: "validation_error" });
      expect((await relate("alice", "list", "trace_link", source)).total).toBe(2);
      await entity("alice", { entity_type: "requirement", operation: "delete", entity_id: other.id });
      expect((await relate("alice", "list", "trace_link", source)).total).toBe(0);
    });

    it("assigns, covers and invites", async () => {
      const { organization, requirement, test } = await tree("alice");
      const bob = await idOf("bob");
      const source = { type: "requirement", id: requirement.id };
      const assigned = await relate("alice", "link", "assignment", source, { type: "user", id: bob }, {
        role: "reviewer",
        due_date: "2027-01-01T00:00:00Z",
      });
      expect(assigned.data).toMatchObject({ role: "reviewer", status: "active", due_date: "2027-01-01T00:00:00.000Z" });
      const covers = { type: "test", id: test.id };
      expect((await relate("alice", "link", "requirement_test", source, covers)).data).toMatchObject({ coverage_level: "full" });
      expect((await relate("alice", "update", "requirement_test", source, covers, { execution_status: "passed" })).data).toMatchObject({
        execution_status: "passed",
        coverage_level: "full",
      });
      const org = { type: "organization", id: organization.id };
      const invited = await relate("alice", "link", "invitation", org, { email: "Carol@Example.com" });
      expect(invited.data).toMatchObject({ email: "carol@example.com", status: "pending", role: "member" });
      expect(invited.data).not.toHaveProperty("token");
      const days = (Date.parse(invited.data.expires_at) - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(6.9);
      expect(days).toBeLessThan(7.1);
      expect(await relate("alice", "link", "invitation", org, { email: "carol@example.com" })).toMatchObject({ code: "DUPLICATE_ENTRY" });
      expect(await relate("bob", "list", "invitation", org)).toMatchObject({ error_type: "not_found" });
      expect((await relate("alice", "update", "invitation", org, { email: "carol@example.com" }, { status: "revoked" })).data.status).toBe("revoked");
      expect(await relate("alice", "unlink", "invitation", org, { email: "carol@example.com" })).toMatchObject({ success: true });
    });
  });

  describe("workflow_tool", () => {
    const flow = (workflow: string, parameters: Record<string, unknown>, transaction_mode = true) =>
      call("alice", "workflow_tool", { workflow, parameters, transaction_mode });

    it("sets up an organization and a project, and enters them", async () => {
      const org = await flow("organization_onboarding", { name: "Acme" });
      expect(org).toMatchObject({ success: true, data: { steps_completed: 3, steps_failed: 0 } });
      const project = await flow("setup_project", { name: "P1", organization_id: "auto", initial_documents: ["A", "B"] });
      expect(project.data).toMatchObject({ workflow: "setup_project", steps_completed: 4 });
      expect(project.data.document_ids).toHaveLength(2);
      const context = await call("alice", "workspace_tool", { operation: "get_context" });
      expect(context.data).toMatchObject({ active_organization: org.data.organization_id, active_project: project.data.project_id });
    });

    it("undoes everything at the first failure in transaction mode", async () => {
      const { document } = await tree("alice");
      const requirements = [{ name: "Good" }, { name: "Also" }, { name: "" }, { name: "Never" }];
      const answer = await flow("import_requirements", { document_id: document.id, requirements });
      expect(answer).toMatchObject({ success: false, error_type: "validation_error" });
      expect(answer.data.steps.map((s: any) => s.status)).toEqual(["rolled_back", "rolled_back", "failed"]);
      expect((await entity("alice", { entity_type: "requirement", operation: "list" })).total).toBe(1);
    });

    it("lets each step stand alone otherwise, and counts", async () => {
      const { document } = await tree("alice");
      const requirements = [{ name: "Good" }, { name: "" }, { name: "Also", priority: "critical" }];
      const answer = await flow("import_requirements", { document_id: document.id, requirements }, false);
      expect(answer).toMatchObject({ success: true, data: { steps_completed: 2, steps_failed: 1 } });
      const good = await entity("alice", { entity_type: "requirement", operation: "read", entity_id: "Good" });
      expect(good.data.priority).toBe("medium");
      const nothing = await flow("import_requirements", { document_id: document.id, requirements: [{ name: "" }] }, false);
      expect(nothing).toMatchObject({ success: false, data: { steps_failed: 1 } });
    });

    it("makes the missing tests of important requirements, once", async () => {
      const { project, requirement } = await tree("alice");
      const answer = await flow("setup_test_matrix", { project_id: project.id });
      expect(answer.data.matrix).toMatchObject([{ requirement_id: requirement.id, coverage_level: "full" }]);
      const made = await entity("alice", { entity_type: "test", operation: "read", entity_id: "Test Ignites" });
      expect(made.data.priority).toBe("high");
      expect((await flow("setup_test_matrix", { project_id: project.id })).data.matrix).toEqual([]);
    });

    it("updates many statuses; failures are failures", async () => {
      const { requirement } = await tree("alice");
      const parameters = { entity_type: "requirement", entity_ids: [requirement.id, randomUUID()], new_status: "approved" };
      expect(await flow("bulk_status_update", parameters)).toMatchObject({ success: false, error_type: "not_found" });
      const alone = await flow("bulk_status_update", parameters, false);
      expect(alone).toMatchObject({ success: true, data: { steps_completed: 1, steps_failed: 1, updated_ids: [requirement.id] } });
      expect(await flow("bulk_status_update", { ...parameters, new_status: "great" })).toMatchObject({ error_type: "validation_error" });
      expect(await flow("bulk_status_update", {})).toMatchObject({ error_type: "validation_error" });
    });
  });

  describe("query_tool", () => {
    const ask = (query_type: string, entities: string[], more = {}) => call("alice", "query_tool", { query_type, entities, ...more });

    it("searches, sums up, analyses and ranks what the caller sees", async () => {
      const { document, requirement, test } = await tree("alice");
      await tree("bob");
      await make("alice", "requirement", { name: "Shuts down", description: "The engine must stop igniting", document_id: document.id });
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
      expect(counts.data.requirement).toEqual({ total_count: 2, recent_count: 2, status_breakdown: { active: 2 } });
      expect(counts.data.project.total_count).toBe(1);
      expect(counts.data.document.status_breakdown).toEqual({});
      const narrowed = await ask("aggregate", ["requirement", "project"], { conditions: { priority: "high" } });
      expect(narrowed.data).toMatchObject({ requirement: { total_count: 1 }, project: { total_count: 1 } });
      const analysis = await ask("analyze", ["organization", "project", "requirement", "block"]);
      expect(analysis.data).toMatchObject({
        organization: { total_count: 2, members: { average: 1, min: 1, max: 1 }, projects: { min: 0, max: 1 } },
        project: { complexity: { simple: 1, medium: 0, complex: 0 }, requirements: { max: 2 } },
        requirement: { test_coverage: 0.5, priority_distribution: { high: 1, low: 1 } },
        block: { total_count: 0 },
      });
      const ranked = await ask("rag_search", ["requirement"], { search_term: "ignition engines" });
      expect(ranked.data).toMatchObject({ mode: "keyword" });
      expect((await ask("rag_search", ["requirement"], { search_term: "igniting" })).data.total_results).toBeGreaterThan(0);
      const links = await ask("relationships", ["requirement"]);
      expect(links.data).toMatchObject({ requirement_tests: { count: 1 }, trace_links: { count: 0 } });
      expect(links.data).not.toHaveProperty("organization_members");
      expect(await ask("search", ["project"])).toMatchObject({ error_type: "validation_error" });
      expect(await ask("aggregate", ["project"], { conditions: { nonsense: 1 } })).toMatchObject({ error_type: "validation_error" });
    });
  });
});
