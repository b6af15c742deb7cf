/** How safe it is to go back; the graver of two comes later. */
export const safetyLevels = ["safe", "caution", "unsafe"] as const;
export type SafetyLevel = (typeof safetyLevels)[number];

/** One reason for a level. */
export type SafetyReason = {
  about: "variables" | "crons" | "migrations" | "contract";
  level: SafetyLevel;
  /** In a sentence without its full stop. No values of variables. */
  saw: string;
};

/** Whether going back from a release would be safe, and why. Plain data. */
export type SafetyReport = {
  level: SafetyLevel;
  /** The gravest first; what was looked at and found harmless is among them. */
  reasons: SafetyReason[];
  /** The deployment that going back would lead to; null before the first release, when there is nowhere to go back to. */
  to: string | null;
};

/** A crontab entry of the platform, as `vercel.json` declares it. */
export type Cron = { path: string; schedule: string };

/** A migration that the stable version did not have, or had otherwise. */
export type MigrationFile = {
  path: string;
  change: "new" | "changed" | "removed";
  /** What is in it; undefined when it is removed, or too large to be read. */
  text?: string;
};

/** Something that is known, or why it is not. */
export type Known<T> = { known: T } | { unknown: string };

/** All that the judgement is made of; measured by others. */
export type SafetyFacts = {
  /** What production serves; undefined before the first release. */
  stable: { id: string; version?: string; createdAt: number } | undefined;
  variables: Known<{
    /** Names of variables that were changed after the stable deployment was made. */
    changed: string[];
    /** Names of variables that this release itself will change. */
    willChange: string[];
  }>;
  crons: Known<{ before: Cron[]; after: Cron[] }>;
  /** Null when the playbook declares none. */
  migrations: Known<MigrationFile[]> | null;
};
