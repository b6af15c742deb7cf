import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createDatabase, type Database } from "../storage/database.js";
import { PLAIN, shared, startServer, type TestServer } from "../testing/server.js";
import { STORES, type TestStore } from "../testing/stores.js";

// Many calls in one test: on a busy machine longer than a test usually may take.
vi.setConfig({ testTimeout: 60_000 });

/** Two users who share nothing see nothing of each other: through the tools, and with the application's checks removed. */
describe.each(STORES)("isolation on $name", ({ open }) => {
  let store: TestStore;
  let server: TestServer;
  let database: Database;
  // biome-ignore lint/suspicious/noExplicitAny: rows of every table
  const alice: Record<string, any> = {};
  const SECRET = "zebrafish";

  beforeAll(async () => {
    store = await open();
    server = await startServer(PLAIN, shared(store.driver));
    const around = { before: async () => undefined, after: () => undefined, elapsed: () => 0 };
    database = createDatabase(store.driver, around);
    const make = async (entity_type: string, data: object) =>
      (await server.call("alice", "entity_tool", { entity_type, operation: "create", data })).data;
    const relate = (relationship_type: string, source: object, target: object) =>
      server.call("alice", "relationship_tool", { operation: "link", relationship_type, source, target });
    alice["organization"] = await make("organization", { name: `${SECRET} org` });
    alice["project"] = await make("project", {
      name: `${SECRET} project`,
      organization_id: alice["organization"].id,
    });
    alice["document"] = await make("document", {
      name: `${SECRET} document`,
      project_id: alice["project"].id,
    });
    alice["requirement"] = await make("requirement", {
      name: `${SECRET} requirement`,
      document_id: alice["document"].id,
    });
    alice["other"] = await make("requirement", {
      name: `${SECRET} other`,
      document_id: alice["document"].id,
    });
    alice["test"] = await make("test", { title: `${SECRET} test`, project_id: alice["project"].id });
    alice["block"] = await make("block", { name: `${SECRET} block`, document_id: alice["document"].id });
    alice["property"] = await make("property", {
      name: `${SECRET} property`,
      organization_id: alice["organization"].id,
      property_type: "text",
    });
    const requirement = { type: "requirement", id: alice["requirement"].id };
    alice["me"] = (await server.call("alice", "workspace_tool", { operation: "get_context" })).meta.user_id;
    await relate("trace_link", requirement, { type: "requirement", id: alice["other"].id });
    await relate("requirement_test", requirement, { type: "test", id: alice["test"].id });
    await relate("assignment", requirement, { type: "user", id: alice["me"] });
    await relate(
      "invitation",
      { type: "organization", id: alice["organization"].id },
      { email: `${SECRET}@example.com` },
    );
    await server.call("alice", "workspace_tool", {
      operation: "set_context",
      context_type: "document",
      entity_id: alice["document"].id,
    });
    alice["bob"] = (await server.call("bob", "workspace_tool", { operation: "get_context" })).meta.user_id;
  });
  afterAll(async () => {
    await server?.close();
    await store?.close();
  });

  const KINDS = ["organization", "project", "document", "requirement", "test", "block", "property"];
  const asBob = <T>(work: Parameters<typeof database.asUser<T>>[2]) =>
    database.asUser("user_local_bob", "test", work);

  it("the other user sees their own rows, so that the tests below prove something", async () => {
    const mine = await database.asUser("user_local_alice", "test", (sql) =>
      sql.query("select 1 from trace_links"),
    );
    expect(mine).toHaveLength(1);
    expect(
      await server.call("alice", "query_tool", {
        query_type: "search",
        entities: ["project"],
        search_term: SECRET,
      }),
    ).toMatchObject({
      data: { total_results: 1 },
    });
  });

  it("no tool, filter, name, count or error text tells anything", async () => {
    const answers: unknown[] = [];
    const ask = async (tool: string, args: Record<string, unknown>) => {
      const answer = await server.call("bob", tool, args);
      answers.push(answer);
      return answer;
    };
    for (const entity_type of KINDS) {
      const id = alice[entity_type].id;
      const name = alice[entity_type].name ?? alice[entity_type].title;
      const same = async (args: Record<string, unknown>, absent: Record<string, unknown>) => {
        const { error, error_type, code, suggestions } = await ask("entity_tool", { entity_type, ...args });
        const other = await ask("entity_tool", { entity_type, ...absent });
        expect({ error, error_type, code, suggestions }).toEqual({
          error: other.error,
          error_type: other.error_type,
          code: other.code,
          suggestions: undefined,
        });
      };
      for (const more of [
        { operation: "read" },
        { operation: "read", include_deleted: true },
        { operation: "update", data: { description: "x" } },
        { operation: "delete" },
        { operation: "delete", soft_delete: false },
        { operation: "restore" },
      ]) {
        await same({ ...more, entity_id: id }, { ...more, entity_id: randomUUID() });
      }
      await same(
        { operation: "read", entity_id: name },
        { operation: "read", entity_id: "qqqqqqqqqqqqqqqqq" },
      );
      for (const filters of [{ id }, { created_by: alice["me"] }, { name: { ilike: "%zebra%" } }]) {
        const field = entity_type === "test" && "name" in filters ? { title: filters.name } : filters;
        const listed = await ask("entity_tool", {
          entity_type,
          operation: "list",
          filters: field,
          include_deleted: true,
        });
        expect(listed).toMatchObject({ success: true, count: 0, total: 0 });
      }
      expect(
        await ask("entity_tool", { entity_type, operation: "search", search_term: SECRET }),
      ).toMatchObject({ total: 0 });
    }
    for (const query_type of ["search", "rag_search"]) {
      const found = await ask("query_tool", { query_type, entities: KINDS, search_term: SECRET });
      expect(found.data.total_results).toBe(0);
    }
    const counts = await ask("query_tool", { query_type: "aggregate", entities: KINDS });
    expect(counts.data).toMatchObject({
      organization: { total_count: 1 },
      project: { total_count: 0 },
      requirement: { total_count: 0 },
    });
    const links = await ask("query_tool", { query_type: "relationships", entities: KINDS });
    expect(links.data).toMatchObject({
      organization_members: { count: 1 },
      trace_links: { count: 0 },
      requirement_tests: { count: 0 },
      assignments: { count: 0 },
      organization_invitations: { count: 0 },
    });
    await ask("query_tool", { query_type: "analyze", entities: KINDS });
    const source = { type: "requirement", id: alice["requirement"].id };
    const target = { type: "requirement", id: alice["other"].id };
    const trace = { relationship_type: "trace_link", source, target };
    expect((await ask("relationship_tool", { operation: "check", ...trace })).data).toEqual({
      exists: false,
      relationship: null,
    });
    for (const operation of ["link", "unlink", "update", "list"]) {
      expect(await ask("relationship_tool", { operation, ...trace, metadata: {} })).toMatchObject({
        success: false,
      });
    }
    for (const type of ["organization", "project"]) {
      const member = {
        relationship_type: "member",
        source: { type, id: alice[type].id },
        target: { type: "user", id: alice["bob"] },
      };
      expect(
        await ask("relationship_tool", { operation: "link", ...member, metadata: { role: "owner" } }),
      ).toMatchObject({ success: false });
    }
    for (const [workflow, parameters] of [
      ["setup_project", { name: "Mine", organization_id: alice["organization"].id }],
      ["import_requirements", { document_id: alice["document"].id, requirements: [{ name: "x" }] }],
      ["setup_test_matrix", { project_id: alice["project"].id }],
      [
        "bulk_status_update",
        { entity_type: "requirement", entity_ids: [alice["requirement"].id], new_status: "rejected" },
      ],
    ] as const) {
      expect(await ask("workflow_tool", { workflow, parameters })).toMatchObject({ success: false });
    }
    expect(JSON.stringify(answers)).not.toContain(SECRET);
  });

  it("with the application's checks removed, the policies alone show nothing", async () => {
    const tables = [
      ...["organizations", "projects", "documents", "requirements", "test_req", "blocks", "properties"],
      ...[
        "project_members",
        "organization_invitations",
        "assignments",
        "trace_links",
        "requirement_tests",
        "workspace_contexts",
      ],
    ];
    for (const table of tables) {
      const rows = await asBob((sql) => sql.query<Record<string, unknown>>(`select * from ${table}`));
      expect(JSON.stringify(rows), table).not.toContain(SECRET);
      expect(
        rows.filter((row) => row["created_by"] === alice["me"]),
        table,
      ).toEqual([]);
    }
    const members = await asBob((sql) =>
      sql.query<{ user_id: string }>("select user_id from organization_members"),
    );
    expect(members.map((row) => row.user_id)).toEqual([alice["bob"]]);
  });

  it("with the application's checks removed, the policies alone change nothing", async () => {
    for (const [table, row] of [
      ["organizations", "organization"],
      ["projects", "project"],
      ["documents", "document"],
      ["requirements", "requirement"],
      ["test_req", "test"],
      ["blocks", "block"],
      ["properties", "property"],
      ["profiles", "me"],
    ] as const) {
      const id = row === "me" ? alice["me"] : alice[row].id;
      const change = table === "profiles" ? "job_title = 'x'" : "is_deleted = true";
      const changed = await asBob((sql) =>
        sql.query(`update ${table} set ${change} where id = $1 returning id`, [id]),
      );
      expect(changed, table).toEqual([]);
      if (table !== "profiles") {
        expect(
          await asBob((sql) => sql.query(`delete from ${table} where id = $1 returning id`, [id])),
          table,
        ).toEqual([]);
      }
    }
    const refused = (text: string, values: unknown[]) =>
      expect(
        asBob((sql) => sql.query(text, values)),
        text,
      ).rejects.toMatchObject({ code: "42501" });
    await refused(
      "insert into organization_members (id, organization_id, user_id, role) values ($1, $2, $3, 'owner')",
      [randomUUID(), alice["organization"].id, alice["bob"]],
    );
    await refused(
      "insert into project_members (id, project_id, user_id, role) values ($1, $2, $3, 'owner')",
      [randomUUID(), alice["project"].id, alice["bob"]],
    );
    await refused("insert into requirements (id, document_id, name, external_id) values ($1, $2, 'x', 'x')", [
      randomUUID(),
      alice["document"].id,
    ]);
    await refused("select external_id from profiles", []);
    await refused("select * from service_flags", []);
    await refused("select * from redeemed_codes", []);
    await refused("select atoms_delete_below('organization', $1)", [alice["organization"].id]);
    await refused("select atoms_purge('organization', $1)", [alice["organization"].id]);
  });

  it("a transaction without claims sees no rows at all", async () => {
    const rows = await store.driver.transaction(async (sql) => {
      await sql.query("select set_config('role', 'authenticated', true)");
      return sql.query("select 1 from organizations");
    });
    expect(rows).toEqual([]);
  });

  it("one server, many users at once: nobody gets another's answer", async () => {
    const users = ["alice", "bob", "carol", "dave"];
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, i) => {
        const user = users[i % users.length] as string;
        return server
          .call(user, "entity_tool", {
            entity_type: "organization",
            operation: "list",
            filters: { type: "personal" },
          })
          .then((answer) => ({ user, answer }));
      }),
    );
    for (const { user, answer } of answers) {
      expect(answer.data.map((row: { name: string }) => row.name)).toEqual([`${user}'s Workspace`]);
    }
  });

  it("a private project is hidden from the organization's members, a team project is not", async () => {
    const call = (user: string, tool: string, args: Record<string, unknown>) => server.call(user, tool, args);
    const create = async (data: object) =>
      (await call("alice", "entity_tool", { entity_type: "project", operation: "create", data })).data;
    const organization_id = alice["organization"].id;
    const hidden = await create({ name: "Hidden", organization_id, visibility: "private" });
    const open = await create({ name: "Open", organization_id });
    const carol = (await call("carol", "workspace_tool", { operation: "get_context" })).meta.user_id;
    await call("alice", "relationship_tool", {
      operation: "link",
      relationship_type: "member",
      source: { type: "organization", id: organization_id },
      target: { type: "user", id: carol },
    });
    const read = (id: string) => call("carol", "entity_tool", { entity_type: "project", entity_id: id });
    expect(await read(open.id)).toMatchObject({ success: true });
    expect(await read(hidden.id)).toMatchObject({ error_type: "not_found" });
    const update = {
      entity_type: "project",
      operation: "update",
      entity_id: open.id,
      data: { status: "draft" },
    };
    expect(await call("carol", "entity_tool", update)).toMatchObject({ error_type: "permission_denied" });
    const deleted = { entity_type: "organization", operation: "delete", entity_id: organization_id };
    expect(await call("carol", "entity_tool", deleted)).toMatchObject({ error_type: "permission_denied" });
  });
});
