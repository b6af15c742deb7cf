import { z } from "zod";

const TRUE = ["1", "true", "yes", "on"];
const FALSE = ["0", "false", "no", "off", ""];

/** A yes/no variable: `1 true yes on` or `0 false no off`, in any case. Anything else is an error. */
const flag = z.string().transform((text, context) => {
  const word = text.trim().toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  context.addIssue({ code: "custom", message: "expected one of 1 true yes on 0 false no off" });
  return z.NEVER;
});

const count = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, "expected a whole number")
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));

const httpUrl = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ""));

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);

/** Every variable the server reads, with the form of its value. Meaning and defaults: README. */
export const Variables = z.object({
  ATOMS_ENV: z
    .enum(["local", "development", "preview", "production"])
    .transform((name) => (name === "development" ? ("local" as const) : name))
    .optional(),
  VERCEL_ENV: z.string().optional(),
  VERCEL: z.string().optional(),
  VERCEL_URL: z.string().optional(),
  VERCEL_REGION: z.string().optional(),
  VERCEL_DEPLOYMENT_ID: z.string().optional(),
  VERCEL_GIT_COMMIT_SHA: z.string().optional(),
  PORT: count(0, 65_535).default(50_002),
  PUBLIC_URL: httpUrl.optional(),
  ATOMS_RESOURCE_URL: httpUrl.optional(),
  ATOMS_VERSION: z
    .string()
    .regex(/^[\x21-\x7e]{1,100}$/, "expected printable characters without spaces")
    .optional(),
  ATOMS_COMMIT: z.string().max(100).optional(),
  ATOMS_DEPLOYMENT_ID: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "expected printable characters without spaces")
    .optional(),
  ATOMS_REGION: z.string().max(100).optional(),
  ATOMS_AUTH_MODE: z.enum(["authkit", "local", "none"]).optional(),
  AUTHKIT_DOMAIN: httpUrl.optional(),
  WORKOS_CLIENT_ID: z.string().optional(),
  WORKOS_API_KEY: z.string().optional(),
  ATOMS_REQUIRED_SCOPES: z.string().default("openid"),
  ATOMS_TOKENS_NOT_BEFORE: count(0, 9_999_999_999).default(0),
  ATOMS_LOCAL_AUTH_SECRET: z.string().min(8).optional(),
  ATOMS_LOCAL_ISSUER: httpUrl.optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "expected a postgres:// address")
    .optional(),
  ATOMS_DATA_DIR: z.string().optional(),
  ATOMS_DATABASE_DUMP_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, "expected at least 16 printable characters without spaces")
    .optional(),
  ATOMS_MIGRATE: z.enum(["auto", "check", "off"]).optional(),
  NEXT_PUBLIC_SUPABASE_URL: z.string().optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  ATOMS_ALLOWED_ORIGINS: list.optional(),
  ATOMS_ALLOWED_HOSTS: list.optional(),
  ATOMS_TRUST_PROXY: flag.optional(),
  ATOMS_PROBE_TOKEN: z.string().min(8).optional(),
  MCP_RATE_LIMIT_RPM: count(1, 1_000_000).default(120),
  ATOMS_HEALTH_RATE_RPM: count(1, 1_000_000).default(60),
  ATOMS_HEALTH_BURST: count(1, 1_000_000).default(60),
  RATE_LIMIT_ENABLED: flag.default(true),
  MAINTENANCE_MODE: flag.default(false),
  ATOMS_MAINTENANCE_RETRY_AFTER: count(1, 86_400).default(300),
  ATOMS_FAULT: z.string().optional(),
  ATOMS_FAULT_DELAY: z.string().optional(),
  ATOMS_FAULT_ALLOW: flag.default(false),
  ATOMS_REQUEST_TIMEOUT_MS: count(100, 600_000).default(25_000),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type Variables = z.output<typeof Variables>;
