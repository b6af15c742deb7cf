import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, looksSecret } from "./redactor.js";

describe("a name that means a secret", () => {
  it.each([
    "VERCEL_TOKEN",
    "WORKOS_API_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SLACK_WEBHOOK_URL",
    "DATABASE_URL",
    "BACKUP_DATABASE_URL",
    "SENTRY_DSN",
    "smtp_password",
    "clientSecret",
    "bypass_secret",
    "webhook_url",
  ])("%s is one", (name) => expect(looksSecret(name)).toBe(true));

  it.each([
    "PATH",
    "PWD",
    "PUBLIC_URL",
    "SMTP_HOST",
    "MONKEY_COUNT",
    "ATOMS_ENV",
    "NEXT_PUBLIC_SUPABASE_URL",
    "name",
  ])("%s is none", (name) => expect(looksSecret(name)).toBe(false));
});

describe("a redactor", () => {
  const secret = "p@ss w/rd+1";
  const redactor = createRedactor();
  redactor.hide("API_TOKEN", secret);
  redactor.hide("DATABASE_URL", "postgres://atoms:hunter22%21@db.example:5432/atoms");

  it.each([
    ["as it is", secret],
    ["inside a longer word", `Bearer:${secret};x`],
    ["URL-encoded", `https://x.test/?t=${encodeURIComponent(secret)}`],
    ["URL-encoded in lower case", "https://x.test/?t=p%40ss%20w%2frd%2b1"],
    ["form-encoded", "t=p%40ss+w%2Frd%2B1"],
    ["JSON-escaped", JSON.stringify({ t: secret })],
    ["in base64", Buffer.from(secret).toString("base64")],
  ])("hides it %s", (_, text) => {
    expect(redactor.redact(text)).toContain("[hidden API_TOKEN]");
    expect(redactor.redact(text)).not.toContain("p%40ss");
    expect(redactor.redact(text)).not.toContain("p@ss");
  });

  it("hides a password taken out of its address", () => {
    expect(redactor.redact("password hunter22%21 refused")).toBe("password [hidden DATABASE_URL] refused");
    expect(redactor.redact("password hunter22! refused")).toBe("password [hidden DATABASE_URL] refused");
  });

  it("reaches every string and key of plain data, and nothing else", () => {
    const at = new Date(0);
    expect(redactor.redactData({ a: [{ [secret]: `x${secret}` }], n: 1, none: null, at })).toEqual({
      a: [{ "[hidden API_TOKEN]": "x[hidden API_TOKEN]" }],
      n: 1,
      none: null,
      at,
    });
  });

  it("leaves short values alone, and names what it hides without showing it", () => {
    const other = createRedactor();
    other.hide("A_TOKEN", "on");
    expect(other.redact("on and on")).toBe("on and on");
    expect(redactor.names()).toEqual(["API_TOKEN", "DATABASE_URL"]);
  });

  it("never lets a hidden value through", () => {
    const value = fc
      .string({ minLength: 6, unit: "grapheme-ascii" })
      .filter((s) => s.trim().length >= 6 && !"[hidden NAME]".includes(s.trim()));
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (hidden, before, after) => {
        const r = createRedactor();
        r.hide("NAME", hidden);
        const shown = r.redact(`${before}\n${hidden}\n${after}`).replaceAll("[hidden NAME]", "\u0000");
        expect(shown).not.toContain(hidden.trim());
      }),
    );
  });
});
