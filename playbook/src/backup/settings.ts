import { z } from "zod";

/** What is kept before anything is touched, and where. */
export const BackupSettings = z.strictObject({
  folder: z
    .string()
    .min(1)
    .default("backups")
    .describe("Folder the backups are written to, from the playbook's own folder. It is never shipped."),
  recipients: z
    .array(
      z
        .string()
        .regex(/^age1[0-9a-z]+$/, "expected an age public key, such as age1… as `age-keygen` prints it")
        .describe("An age public key."),
    )
    .default([])
    .describe(
      "Public keys that the values of variables are encrypted to. With none, a key pair is made once under .atoms/keys.",
    ),
  keep: z
    .int()
    .min(1)
    .max(10_000)
    .default(30)
    .describe(
      "How many backups are kept. The newest intact one, and those of running releases, are kept in any case.",
    ),
});
export type BackupSettings = z.output<typeof BackupSettings>;
