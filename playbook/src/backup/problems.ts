import { defineProblem } from "../terms/index.js";

export const backupMissing = defineProblem<{ folder: string }>({
  code: "ATM-801",
  title: "There is no such backup",
  happened: (a) => `${a.folder} is not a backup: it has no manifest.json.`,
  fix: () => "See what exists with `ls backups`, and name one of those folders.",
});

export const backupDamaged = defineProblem<{ folder: string; faults: readonly string[] }>({
  code: "ATM-802",
  title: "The backup is damaged",
  happened: (a) => `${a.folder} is not as it was written: ${a.faults.join("; ")}.`,
  stillTrue: () => "Nothing was restored from it.",
  fix: () => "Use an earlier backup, or get this one back from a copy.",
});

export const backupKeyUnusable = defineProblem<{ path: string; because: string }>({
  code: "ATM-803",
  title: "The backup key cannot be used",
  happened: (a) => `${a.path} does not hold an age key: ${a.because}.`,
  stillTrue: () => "Nothing was written in plain text, and traffic was left where it is.",
  fix: (a) =>
    `Put the right key back at ${a.path}, or move the file aside to have a new one made; older backups then need the old key.`,
});

export const recipientRefused = defineProblem<{ recipient: string; because: string }>({
  code: "ATM-804",
  title: "A backup recipient is no age public key",
  happened: (a) => `Failed to encrypt to ${a.recipient}: ${a.because}.`,
  stillTrue: () => "Nothing was written in plain text, and traffic was left where it is.",
  fix: () => "Correct backup.recipients in the playbook; `age-keygen -y <key file>` prints a public key.",
});

export const identityDoesNotFit = defineProblem<{ folder: string; recipients: readonly string[] }>({
  code: "ATM-805",
  title: "The key does not open this backup",
  happened: (a) =>
    `The values in ${a.folder} were encrypted to ${a.recipients.join(", ")}, and the key at hand is of none of these.`,
  stillTrue: () => "The backup itself is intact.",
  fix: () => "Name the private key of one of these recipients.",
});
