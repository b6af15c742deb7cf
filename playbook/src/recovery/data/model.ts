/** Something that happened about the time when rows went wrong. */
export type Suspect = {
  /** Milliseconds since the epoch. */
  at: number;
  kind: "change" | "trouble";
  /** A sentence without its full stop. */
  says: string;
};

/** When rows went wrong, as far as that is known. Moments in milliseconds since the epoch. */
export type DataWindow = {
  /** Rows were right until then: a backup from before it is wanted. */
  since: number;
  until: number;
  /** Who says so. */
  by: "you" | "the ledger";
  /** Why it begins there. */
  because: string;
  /** What happened in it, oldest first, the newest few. */
  suspects: Suspect[];
};

/** A table as a database has it. */
export type TableShape = {
  /** With its schema, quoted where it must be: `public.notes`. */
  table: string;
  /** Columns of its primary key, in their order; none when it has no primary key. */
  key: string[];
};

/** How the rows of one table differ, by primary key. Keys are told as JSON: `[17]`. */
export type RowDifference = {
  /** In the backup and not in the database in use. */
  missing: number;
  /** In both, and not the same. */
  changed: number;
  /** In the database in use only: written since the backup. */
  added: number;
  /** A few keys of each. */
  examples: { missing: string[]; changed: string[]; added: string[] };
};

/** How one table of a backup stands to the same table of the database in use. */
export type TableComparison = {
  table: string;
  /** `null` where there is no such table. */
  rows: { backup: number | null; now: number | null };
  key: string[];
} & (
  | { state: "same" }
  /** Compared row by row. */
  | { state: "differs"; difference: RowDifference }
  /** It differs, and cannot be compared row by row. `because` is a few words. */
  | { state: "not by rows"; because: string }
);

/** How a database in use stands to one of its backups. Plain data without secrets, and no row but its key. */
export type DataComparison = {
  /** As the playbook calls it. */
  database: string;
  /** Host, port and name. No password. */
  where: string;
  backup: { id: string; takenAt: number };
  window: DataWindow | null;
  tables: TableComparison[];
  /** How long restoring beside and comparing took. */
  ms: number;
};

/** Which rows of a table are taken back. */
export type RowChoice = {
  table: string;
  /** Rows that are gone, rows that are other now, or both. */
  only: "missing" | "changed" | "both";
  /** A condition in SQL on the row as the backup has it; all rows when left out. */
  where?: string;
  /** Primary keys; all when left out. One text for each row, or JSON of its columns where the key has several. */
  keys?: string[];
};

/** What is done with a database whose rows went wrong. */
export type DataChoice = { take: "rows"; rows: RowChoice[] } | { take: "whole" };

/** What was taken back of one table. */
export type TakenBack = {
  table: string;
  /** Rows that were gone and are there again. */
  inserted: number;
  /** Rows that were other and are as in the backup. */
  updated: number;
  /** Rows that were left as they are: written while it was compared, or the place of a unique value is taken. */
  kept: number;
  /** A few keys of those. */
  keptKeys: string[];
};
