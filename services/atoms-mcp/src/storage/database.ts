import type { WholeDatabase } from "./dump.js";

/** Runs SQL. Values are always bound parameters, never part of the text. */
export interface Sql {
  /**
   * @param text SQL with `$1` placeholders
   * @param values bound values; JSON goes in as text
   */
  query<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A Postgres, real or embedded. Each method runs its work in one transaction, undone when the work throws. */
export interface Database {
  /** As the signed-in user: row-level security applies. */
  asUser<T>(sub: string, kind: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** As the service itself: sees every row. For flags, health, first sight of a user and migrations only. */
  asService<T>(kind: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** One statement that only reads, as the service: what `asService` does, without the round trips of a transaction. */
  lookUp<Row>(kind: string, text: string, values: readonly unknown[]): Promise<Row[]>;
  /** `host:port/dbname`, without user or password. */
  readonly target: string;
  /** The database as one file, where it is embedded; undefined where it is a server's. */
  whole(): Promise<WholeDatabase | undefined>;
  close(): Promise<void>;
}

/** The way to one kind of Postgres: runs work between BEGIN and COMMIT. */
export interface Driver {
  /**
   * @param work never begins when the settings could not be made
   * @param settings run-time parameters to set, in this order, for this transaction only
   */
  transaction<T>(work: (sql: Sql) => Promise<T>, settings?: Settings): Promise<T>;
  /** Runs one statement outside of any transaction; given up when it takes too long. */
  readonly single: Sql;
  readonly target: string;
  readonly whole?: WholeDatabase;
  close(): Promise<void>;
}

/** Names of run-time parameters, which are fixed in the code, and their values. */
export type Settings = Readonly<Record<string, string>>;

/** The store cannot be reached, or did not answer in time. */
export class StoreUnavailable extends Error {
  constructor(cause?: unknown) {
    super("the store is unavailable", { cause });
  }
}

const STATEMENT_TIMEOUT_MS = 5000;

/** Hooks around every transaction: measurement and injected faults. */
export interface Around {
  before(): Promise<void>;
  after(kind: string, seconds: number): void;
  elapsed(): number;
}

/**
 * A database over a driver. Role, claims and time-out are settings of the transaction, not of the connection, so
 * that it also works behind a pooler that hands out connections per transaction.
 */
export function createDatabase(driver: Driver, around: Around): Database {
  const measured = async <T>(kind: string, work: () => Promise<T>) => {
    const started = around.elapsed();
    try {
      await around.before();
      return await work();
    } catch (error) {
      throw isUnavailable(error) ? new StoreUnavailable(error) : error;
    } finally {
      around.after(kind, (around.elapsed() - started) / 1000);
    }
  };
  const patience = { statement_timeout: String(STATEMENT_TIMEOUT_MS) };
  return {
    target: driver.target,
    asUser: (sub, kind, work) => {
      const claims = JSON.stringify({ sub });
      const settings = { ...patience, "request.jwt.claims": claims, role: "authenticated" };
      return measured(kind, () => driver.transaction(work, settings));
    },
    asService: (kind, work) => measured(kind, () => driver.transaction(work, patience)),
    lookUp: <Row>(kind: string, text: string, values: readonly unknown[]) =>
      measured(kind, () => driver.single.query<Row>(text, values)),
    whole: async () => driver.whole,
    close: () => driver.close(),
  };
}

const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EPIPE",
  "EHOSTUNREACH",
  "EAI_AGAIN",
]);

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") {
    // 53300: too many connections; 28xxx and 3D000: the address or the password is wrong, as after a bad switch.
    return (
      NETWORK.has(code) ||
      /^(08|57P|28)/.test(code) ||
      code === "53300" ||
      code === "3D000" ||
      code === "57014"
    );
  }
  return /timeout exceeded|read timeout|Connection terminated|connection timeout/i.test(error.message);
}
