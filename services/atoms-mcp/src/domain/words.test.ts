import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { may } from "./access.js";
import { ENTITIES, ENTITY_TYPES, type EntityType } from "./entities.js";
import { conditions, filterable, ordering, substring, Values } from "./filters.js";
import { refusalFrom } from "./from-postgres.js";
import { checkCreate, checkUpdate } from "./input.js";
import { Refusal } from "./refusal.js";
import { similarity } from "./similarity.js";
import { derivedSlug, explicitSlug, slugify } from "./slug.js";

describe("slugs", () => {
  it.each([
    ["Hello World", "hello-world"],
    ["  --A__B--  ", "a-b"],
    ["Über", "ber"],
    ["a".repeat(200), "a".repeat(100)],
    ["!!!", ""],
  ])("%j becomes %j", (text, slug) => expect(slugify(text)).toBe(slug));

  it("are well-formed whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (name) =>
        /^[a-z](-?[a-z0-9]+)*-?$/.test(`${derivedSlug(name, ENTITIES.project)}`),
      ),
    );
    expect(derivedSlug("42", ENTITIES.document)).toBe("d-42");
    expect(() => explicitSlug("42")).toThrow(Refusal);
  });
});

describe("similarity", () => {
  it.each([
    ["rocket", "rocket", 1],
    ["Rocket", "ROCKET", 1],
    ["rocket", "rockets", 1 - 1 / 7],
    ["abc", "xyz", 0],
    ["", "", 1],
  ])("%j and %j", (a, b, score) => expect(similarity(a, b)).toBeCloseTo(score));

  it("is symmetric and between 0 and 1", () => {
    const text = fc.string({ maxLength: 40 });
    fc.assert(
      fc.property(
        text,
        text,
        (a, b) => similarity(a, b) === similarity(b, a) && similarity(a, b) >= 0 && similarity(a, b) <= 1,
      ),
    );
  });
});

describe("filters", () => {
  const columns = filterable(ENTITIES.requirement);
  it("bind every value and never let one into the text", () => {
    const hostile = fc.constantFrom("'; drop table x; --", "$1", "a' or '1'='1", "%_\\");
    const operator = fc.constantFrom("eq", "neq", "like", "ilike", "contains");
    fc.assert(
      fc.property(operator, hostile, (name, value) => {
        const values = new Values();
        const sql = conditions({ name: { [name]: value } }, columns, "e", values).join();
        return !sql.includes("drop") && !sql.includes("'1'") && values.list.length === 1;
      }),
    );
  });
  it.each(["name; drop table x", "nope", "name:sideways", "properties", ""])(
    "refuse to order by %j",
    (order) => {
      expect(() => ordering(order, columns, "e")).toThrow(Refusal);
    },
  );
  it("order by several, always ending in the id", () => {
    expect(ordering("-priority, name:asc", columns, "e")).toBe(
      "e.priority desc nulls last, e.name asc nulls last, e.id asc",
    );
  });
  it("take % and _ as they are in a search", () => expect(substring("50%_\\")).toBe("%50\\%\\_\\\\%"));
  it("do not filter a profile by what is its owner's", () => {
    expect(filterable(ENTITIES.profile).has("preferences")).toBe(false);
  });
});

describe("input", () => {
  it("never lets a caller set what the server sets", () => {
    for (const type of ENTITY_TYPES) {
      for (const field of ["id", "created_at", "created_by", "version", "is_deleted", "external_id"]) {
        expect(() => checkCreate(ENTITIES[type], { [field]: "x" }), `${type}.${field}`).toThrow(Refusal);
        expect(() => checkUpdate(ENTITIES[type], { [field]: "x" }), `${type}.${field}`).toThrow(Refusal);
      }
    }
  });
});

describe("access rules", () => {
  const roles = {
    viewer: ["viewer"],
    editor: ["editor", "maintainer"],
    admin: ["admin"],
    owner: ["owner"],
  } as const;
  it.each<[EntityType, "create" | "update" | "delete", keyof typeof roles | "nobody"]>([
    ["document", "create", "editor"],
    ["document", "update", "editor"],
    ["document", "delete", "admin"],
    ["test", "delete", "admin"],
    ["requirement", "delete", "editor"],
    ["block", "update", "editor"],
    ["project", "update", "admin"],
    ["project", "delete", "owner"],
  ])("%s: %s needs %s of the project", (type, action, least) => {
    const order = ["viewer", "editor", "admin", "owner"] as const;
    for (const [rank, role] of order.entries()) {
      for (const project of roles[role]) {
        expect(may(action, type, { organization: null, project }), project).toBe(
          rank >= order.indexOf(least as "viewer"),
        );
      }
    }
    expect(may(action, type, { organization: null, project: null })).toBe(false);
  });
  it("organization roles", () => {
    const as = (organization: "member" | "admin" | "owner") => ({ organization, project: null });
    expect([may("update", "organization", as("member")), may("update", "organization", as("admin"))]).toEqual(
      [false, true],
    );
    expect([may("delete", "organization", as("admin")), may("delete", "organization", as("owner"))]).toEqual([
      false,
      true,
    ]);
    expect(may("create", "project", as("member"))).toBe(true);
    expect(may("create", "requirement", as("admin"))).toBe(true);
    expect(may("create", "property", as("member"))).toBe(false);
    expect(may("create", "property", { organization: "member", project: "editor" }, "project")).toBe(true);
  });
});

describe("errors of the database", () => {
  it.each([
    ["23505", "DUPLICATE_ENTRY"],
    ["23503", "INVALID_REFERENCE"],
    ["23502", "VALIDATION_ERROR"],
    ["23514", "VALIDATION_ERROR"],
    ["42501", "PERMISSION_DENIED"],
    ["AT001", "LAST_OWNER"],
  ])("%s is %s, in our own words", (code, expected) => {
    const error = Object.assign(new Error("Key (email)=(secret@x.y) already exists"), { code });
    expect(refusalFrom(error)).toMatchObject({ code: expected });
    expect(refusalFrom(error)?.message).not.toContain("secret");
  });
  it("anything else is a fault of the server", () => expect(refusalFrom(new Error("x"))).toBeUndefined());
});
