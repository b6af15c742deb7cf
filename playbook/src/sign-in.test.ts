import { describe, expect, it } from "vitest";
import { type RoleRule, roleOf, SignInSettings } from "./sign-in.js";

const rules: RoleRule[] = [
  { claim: "email", is: "ada@example.com", role: "admin", in: ["*"] },
  { claim: "groups", is: "oncall", role: "operator", in: ["production"] },
  { claim: "email", is: "*@example.com", role: "viewer", in: ["*"] },
];
const verified = { email_verified: true };

describe("the role of an identity", () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ["an address", { ...verified, email: "ada@example.com" }, "admin"],
    [
      "a group, before the domain",
      { ...verified, email: "bob@example.com", groups: ["dev", "oncall"] },
      "operator",
    ],
    ["a domain", { ...verified, email: "Bob@Example.com" }, "viewer"],
    ["an address that was not verified", { email: "ada@example.com" }, undefined],
    [
      "an address that is said to be verified in words",
      { email: "ada@example.com", email_verified: "true" },
      undefined,
    ],
    ["a domain that ends alike", { ...verified, email: "eve@evil-example.com" }, undefined],
    ["two signs in an address", { ...verified, email: "eve@evil.com@example.com" }, undefined],
    ["a group that is a part of another", { groups: ["oncall-guests"] }, undefined],
    ["groups as one text", { groups: "oncall" }, "operator"],
    ["claims of other shapes", { ...verified, email: ["x", 1, null], groups: { oncall: true } }, undefined],
    ["nothing", {}, undefined],
  ])("by %s", (_, claims, role) => {
    expect(roleOf(claims, rules)?.role).toBe(role);
  });
});

describe("the settings", () => {
  const oidc = {
    issuer: "https://login.example.com",
    client_id: "atoms",
    roles: [{ claim: "email", is: "a@b.c", role: "admin" }],
  };
  it.each([
    ["https", oidc.issuer, true],
    ["this machine", "http://127.0.0.1:4000/oidc", true],
    ["plain http elsewhere", "http://login.example.com", false],
    ["a host that begins alike", "http://localhost.evil.com", false],
    ["no address", "login", false],
  ])("take an issuer by %s", (_, issuer, taken) => {
    expect(SignInSettings.safeParse({ oidc: { ...oidc, issuer } }).success).toBe(taken);
  });

  it("let nobody in by default", () => {
    expect(SignInSettings.safeParse({ oidc: { ...oidc, roles: [] } }).success).toBe(false);
  });
});
