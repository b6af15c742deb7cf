import { z } from "zod";
import { Duration } from "./terms/index.js";

/** Loopback answers to nobody else, so that a provider on this machine may do without TLS. */
const isSafe = (url: string) =>
  URL.canParse(url) &&
  (new URL(url).protocol === "https:" || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(url).hostname));

const RoleRule = z.strictObject({
  claim: z
    .string()
    .min(1)
    .meta({ examples: ["email", "groups"] })
    .describe("The claim of the identity that is looked at, e.g. email or groups."),
  is: z
    .string()
    .min(1)
    .meta({ examples: ["ada@example.com", "*@example.com", "oncall"] })
    .describe("What it has to be, or to hold where it is a list. `*@example.com` is every address there."),
  role: z.enum(["viewer", "operator", "admin"]).describe("The role it gives."),
  in: z
    .array(z.string().min(1))
    .min(1)
    .default(["*"])
    .describe("The environments where the role counts; * is everywhere."),
});
/** One rule that gives a role to people. */
export type RoleRule = z.output<typeof RoleRule>;

/** Sign-in to the dashboard by the identity provider that people have already. */
export const SignInSettings = z.strictObject({
  oidc: z
    .strictObject({
      issuer: z
        .url()
        .refine(isSafe, { error: "expected an https address; http only of this machine" })
        .meta({ examples: ["https://login.example.com"] })
        .describe(
          "The OpenID Connect issuer; what it offers is read from its /.well-known/openid-configuration.",
        ),
      client_id: z.string().min(1).describe("The client that was registered there."),
      client_secret: z
        .string()
        .min(1)
        .optional()
        .describe("Its secret; name a variable. Left out: a public client, kept safe by PKCE alone."),
      name: z
        .string()
        .min(1)
        .max(40)
        .default("single sign-on")
        .describe("What the button of the sign-in page calls it."),
      scopes: z
        .array(z.string().min(1))
        .default(["openid", "email", "profile"])
        .describe("What is asked for; add the scope that brings the groups, if roles need them."),
      lasts: Duration.default(12 * 3_600_000).describe(
        "How long a session lasts before people sign in again.",
      ),
      roles: z
        .array(RoleRule)
        .min(1)
        .describe("Who may do what: the first rule that fits counts. Whom none fits is not let in."),
    })
    .optional()
    .describe("Sign-in by OpenID Connect. Left out: by the links of `atoms dashboard` alone."),
});

/**
 * The role that an identity has: that of the first rule that fits.
 * @param claims What the provider says of the person, its signature checked already.
 * @returns undefined when no rule fits. An address that the provider has not verified fits none: anybody can type one.
 */
export function roleOf(
  claims: Readonly<Record<string, unknown>>,
  rules: readonly RoleRule[],
): Pick<RoleRule, "role" | "in"> | undefined {
  return rules.find(({ claim, is }) => {
    if (claim === "email" && claims["email_verified"] !== true) return false;
    const found = claims[claim];
    return (Array.isArray(found) ? found : [found]).some((value) => fits(value, is));
  });
}

function fits(value: unknown, wanted: string): boolean {
  if (typeof value !== "string") return false;
  if (!wanted.startsWith("*@")) return value === wanted;
  return (
    value.lastIndexOf("@") === value.indexOf("@") &&
    value.toLowerCase().endsWith(wanted.slice(1).toLowerCase())
  );
}
