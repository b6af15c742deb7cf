import { describe, expect, it } from "vitest";
import type { ToolTests } from "../testing/tool-tests.js";

/** What the tool promises, on whichever store. */
export function relationshipContract({ call, entity, make, tree, idOf }: ToolTests): void {
  describe("relationship_tool", () => {
    const relate = (
      user: string,
      operation: string,
      relationship_type: string,
      source: object,
      target?: object,
      metadata = {},
    ) =>
      call(user, "relationship_tool", {
        operation,
        relationship_type,
        source,
        ...(target ? { target } : {}),
        metadata,
      });

    it("adds, lists, changes and removes members, and keeps an owner", async () => {
      const { organization } = await tree("alice");
      const bob = await idOf("bob");
      const alice = await idOf("alice");
      const org = { type: "organization", id: organization.id };
      const member = (user: string, operation: string, id: string, metadata = {}) =>
        relate(user, operation, "member", org, { type: "user", id }, metadata);
      expect((await member("alice", "link", bob)).data).toMatchObject({ role: "member", status: "active" });
      expect(await member("alice", "link", bob)).toMatchObject({ code: "DUPLICATE_ENTRY" });
      expect(await member("bob", "update", bob, { role: "owner" })).toMatchObject({
        error_type: "permission_denied",
      });
      expect((await member("alice", "update", bob, { role: "admin" })).data).toMatchObject({
        role: "admin",
        version: 2,
      });
      expect(await member("bob", "update", bob, { role: "owner" })).toMatchObject({
        error_type: "permission_denied",
      });
      expect(await member("bob", "unlink", alice)).toMatchObject({ error_type: "permission_denied" });
      const listed = await relate("bob", "list", "member", org);
      expect(listed).toMatchObject({ count: 2, total: 2 });
      expect(listed.data.map((m: { profile: { email: string } }) => m.profile.email).sort()).toEqual([
        "alice@local.test",
        "bob@local.test",
      ]);
      expect((await member("alice", "check", bob)).data).toMatchObject({
        exists: true,
        relationship: { role: "admin" },
      });
      expect(await member("alice", "unlink", alice)).toMatchObject({ code: "LAST_OWNER" });
      expect(await member("alice", "update", alice, { role: "member" })).toMatchObject({
        code: "LAST_OWNER",
      });
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
      const write = () =>
        entity("bob", { entity_type: "requirement", data: { name: "By bob", document_id: document.id } });
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
      expect(await relate("alice", "link", "trace_link", source, target)).toMatchObject({
        code: "DUPLICATE_ENTRY",
      });
      expect(
        await relate("alice", "link", "trace_link", source, target, { link_type: "implements" }),
      ).toMatchObject({ success: true });
      expect(await relate("alice", "unlink", "trace_link", source, target)).toMatchObject({
        code: "AMBIGUOUS",
      });
      expect(
        await relate("alice", "unlink", "trace_link", source, target, { link_type: "relates_to" }),
      ).toMatchObject({ success: true });
      expect((await relate("alice", "link", "trace_link", source, target)).data.id).toBe(first.data.id);
      expect(await relate("alice", "link", "trace_link", source, source)).toMatchObject({
        error_type: "validation_error",
      });
      expect(await relate("alice", "link", "trace_link", source, target, { wild: 1 })).toMatchObject({
        error_type: "validation_error",
      });
      expect((await relate("alice", "list", "trace_link", source)).total).toBe(2);
      await entity("alice", { entity_type: "requirement", operation: "delete", entity_id: other.id });
      expect((await relate("alice", "list", "trace_link", source)).total).toBe(0);
    });

    it("assigns, covers and invites", async () => {
      const { organization, requirement, test } = await tree("alice");
      const bob = await idOf("bob");
      const source = { type: "requirement", id: requirement.id };
      const assigned = await relate(
        "alice",
        "link",
        "assignment",
        source,
        { type: "user", id: bob },
        {
          role: "reviewer",
          due_date: "2027-01-01T00:00:00Z",
        },
      );
      expect(assigned.data).toMatchObject({
        role: "reviewer",
        status: "active",
        due_date: "2027-01-01T00:00:00.000Z",
      });
      const covers = { type: "test", id: test.id };
      expect((await relate("alice", "link", "requirement_test", source, covers)).data).toMatchObject({
        coverage_level: "full",
      });
      expect(
        (await relate("alice", "update", "requirement_test", source, covers, { execution_status: "passed" }))
          .data,
      ).toMatchObject({
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
      expect(await relate("alice", "link", "invitation", org, { email: "carol@example.com" })).toMatchObject({
        code: "DUPLICATE_ENTRY",
      });
      expect(await relate("bob", "list", "invitation", org)).toMatchObject({ error_type: "not_found" });
      expect(
        (
          await relate(
            "alice",
            "update",
            "invitation",
            org,
            { email: "carol@example.com" },
            { status: "revoked" },
          )
        ).data.status,
      ).toBe("revoked");
      expect(
        await relate("alice", "unlink", "invitation", org, { email: "carol@example.com" }),
      ).toMatchObject({ success: true });
    });
  });
}
