import { z } from "zod";
import { PositiveDuration } from "../../terms/index.js";

const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/, {
    error: "expected the name of a variable, such as SESSION_SECRET",
  })
  .describe("The platform's variable that holds it.");

/** A random value, of use to the service alone. */
const Generated = z.strictObject({
  variable,
  kind: z.literal("generated").describe("A new random value, of use to the service alone."),
  length: z.int().min(16).max(1_024).default(48).describe("How many characters."),
  alphabet: z
    .enum(["base64url", "hex", "alphanumeric"])
    .default("base64url")
    .describe("Of which characters: base64url has letters, digits, - and _."),
});

/** The password in the address of a PostgreSQL database. */
const PostgresPassword = z.strictObject({
  variable: variable.describe("The platform's variable that holds the database's address."),
  kind: z
    .literal("postgres_password")
    .describe("A new password of the role in a database's address, set on its server by ALTER ROLE."),
  database: z
    .string()
    .min(1)
    .describe(
      "Name of a database under `backup.databases`: its address has the role and the password of now.",
    ),
  admin_url: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Address by which another role may change this one's password; the role itself does it when left out. Write it as a variable.",
    ),
});

/** What a program of one's own gives. */
const Command = z.strictObject({
  variable,
  kind: z
    .literal("command")
    .describe("What a shell command writes to its standard output, e.g. of the tool of whoever issues it."),
  run: z
    .string()
    .min(1)
    .describe(
      "The command, in the playbook's folder. Its output is never shown. It gets ATOMS_ROTATION, the same value when it has to be run twice because a process died.",
    ),
  within: PositiveDuration.default(60_000).describe("The longest it may take."),
});

/** What only people can do. */
const Manual = z.strictObject({
  variable,
  kind: z
    .literal("manual")
    .describe("People get it where it is issued; `--given` takes it, else it is left open."),
  how: z.string().min(1).max(500).describe("How people get a new one, in a sentence."),
});

/** One secret of the service, and how it gets a new value. */
export const BreachSecret = z.discriminatedUnion("kind", [Generated, PostgresPassword, Command, Manual]);
export type BreachSecret = z.output<typeof BreachSecret>;

/** Visitors that the platform does not know are challenged while the breach is mended. */
const AttackModeSettings = z.strictObject({
  lasts: PositiveDuration.default(60 * 60_000).describe(
    "How long after the recovery was begun it ends by itself, whatever happened.",
  ),
  ends: z
    .enum(["recovery", "time"])
    .default("recovery")
    .describe(
      "recovery: it is switched off when the recovery is through; time: it stays on until its time is up. A recovery that fails leaves it on until then.",
    ),
});

/** What is done after a security breach. */
export const BreachSettings = z.strictObject({
  secrets: z.array(BreachSecret).max(100).default([]).describe("Every secret of the service, each once."),
  attack_mode: AttackModeSettings.optional().describe(
    "Has the platform's firewall challenge every visitor that it does not know from the first minute on. Programs that are no browsers are kept out too, unless they bring the project's bypass secret.",
  ),
  old_deployments: z
    .enum(["keep", "remove"])
    .default("keep")
    .describe(
      "Deployments made before the new values answer at their own addresses, with the secrets they were built with. remove: all of the project but the one in service are removed once that is proven, and are no way back any more, also not by the platform's own rollback; keep: that is left to people.",
    ),
  checklist: z
    .array(z.string().min(1).max(500))
    .max(100)
    .default([])
    .describe("What only people can do besides, a sentence each."),
});
export type BreachSettings = z.output<typeof BreachSettings>;

/** What the schema alone cannot say: each variable once, and databases that are there. */
export function breachMistakes(
  { secrets }: BreachSettings,
  databases: readonly string[],
): { path: (string | number)[]; message: string }[] {
  return secrets.flatMap((secret, at) => {
    const path = ["recovery", "security_breach", "secrets", at];
    return [
      ...(secrets.findIndex(({ variable }) => variable === secret.variable) === at
        ? []
        : [{ path: [...path, "variable"], message: `${secret.variable} is in the list already` }]),
      ...(secret.kind !== "postgres_password" || databases.includes(secret.database)
        ? []
        : [
            {
              path: [...path, "database"],
              message: `is no database of backup.databases; there ${databases.length === 0 ? "are none" : `is ${databases.join(", ")}`}`,
            },
          ]),
    ];
  });
}
