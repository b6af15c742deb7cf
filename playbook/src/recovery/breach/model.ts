import type { BreachSecret, BreachSettings } from "./settings.js";

/** A secret of the list, as a plan tells of it. Its value never comes here. */
export type SecretPlan = {
  variable: string;
  kind: BreachSecret["kind"];
  /** What will be done, in a few words. */
  does: string;
  /** Whether the platform has the variable now. */
  there: boolean;
  /** A new value was made by an earlier try that did not come to its end, and is used. */
  made: boolean;
};

/** All that a recovery from a breach would do. Plain data without secrets. */
export type BreachPlan = {
  secrets: SecretPlan[];
  /** What production serves, which is deployed again. */
  serves?: string;
  /** Where evidence would be kept. */
  evidence: string;
  /** Tokens, sessions and links of Atoms that count now and would be ended. */
  credentials: number;
  /** How long the platform's attack mode would be on, in milliseconds, and by what it would end. */
  attackMode?: { lasts: number; ends: "recovery" | "time" };
  /** Deployments made before, with the one that serves now. */
  old: {
    policy: BreachSettings["old_deployments"];
    count: number;
    /** There are more than were counted. */
    more: boolean;
    /** Hosts besides production's that lead to one of them. */
    hosts: string[];
  };
  /** What is left to people whatever happens. */
  checklist: string[];
};

/** What is kept as evidence. */
export type Evidence = {
  folder: string;
  files: { name: string; bytes: number; sha256: string }[];
  /** Whether the ledger's chain of hashes was found whole. */
  intact: boolean;
  /** What could not be kept, and why. */
  missing: string[];
};

/** A secret in a few words. */
export function secretWords(secret: BreachSecret): string {
  switch (secret.kind) {
    case "generated":
      return `${secret.length} new random characters`;
    case "postgres_password":
      return `a new password for the role of ${secret.database}, set on its server; its older sessions are ended`;
    case "command":
      return "what a command of the playbook gives";
    case "manual":
      return secret.how;
  }
}
