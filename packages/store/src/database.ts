import { join } from "node:path";
import { isProblem } from "@atoms/playbook";
import pg from "pg";
import { copiesOf } from "./embedded/copies.js";
import { storeDamaged, storeFull, storeUnreachable } from "./problems.js";

/** Runs statements, inside a transaction or each for itself. */
export interface Queries {
  /** @returns The rows. */
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** A database behind a pool, with its errors turned into problems. */
export interface Database extends Queries {
  readonly pool: pg.Pool;
  /** What it is called in messages: never with a password. */
  readonly where: string;
  /**
   * Runs work in one transaction; rolls back when it throws.
   * @param mode `snapshot` reads one state of the whole database and writes nothing.
   */
  transaction<T>(work: (queries: Queries) => Promise<T>, mode?: "write" | "snapshot"): Promise<T>;
}

/** Opens a pool. Connects when the first statement is run. */
export function openDatabase(options: {
  connectionString: string;
  where: string;
  size: number;
  /** The folder of the embedded store, for which other advice helps; undefined for a server. */
  folder: string | undefined;
}): Database {
  const { where } = options;
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.size,
    connectionTimeoutMillis: 10_000,
    allowExitOnIdle: true,
    // A worker that is cut off in a transaction says nothing more; its locks must not keep out whoever takes over.
    idle_in_transaction_session_timeout: 10_000,
    application_name: "atoms",
  });
  // A lost connection fails the statement it was in, or is replaced by the next one; as an event nobody listens to it
  // would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const secrets = passwordsIn(options.connectionString);

  const translated = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw problemOf(error, options, secrets);
    }
  };
  const queriesOn = (client: Pick<pg.Pool, "query">): Queries => ({
    query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      // Without values the simple protocol is used, which takes several statements at once.
      (await (values.length === 0 ? client.query<Row>(text) : client.query<Row>(text, [...values]))).rows,
  });
  const single = queriesOn(pool);

  return {
    pool,
    where,
    query: (text, values) => translated(() => single.query(text, values)),
    transaction: (work, mode = "write") =>
      translated(async () => {
        const client = await pool.connect();
        let broken: Error | undefined;
        try {
          await client.query(mode === "write" ? "begin" : "begin isolation level repeatable read read only");
          const result = await work(queriesOn(client as unknown as pg.Pool));
          await client.query("commit");
          return result;
        } catch (error) {
          await client.query("rollback").catch((lost: Error) => {
            broken = lost;
          });
          throw error;
        } finally {
          client.release(broken);
        }
      }),
  };
}

/** The address of a database as it may be shown: host, port and name. */
export function shownAddress(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${hostname || "localhost"}${port ? `:${port}` : ""}${pathname}`;
  } catch {
    return "the address in DATABASE_URL";
  }
}

/** Errors by which PostgreSQL and the network say that the server is not to be had. */
const unreachable =
  /^(ECONN|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT$|08|28|3D000|53300|57P0[123])/;

/** Errors by which PostgreSQL says that a page or an index is not what it wrote. */
const damaged = /^XX00[12]$/;

function problemOf(
  error: unknown,
  { where, folder }: { where: string; folder: string | undefined },
  secrets: readonly string[],
): unknown {
  if (isProblem(error) || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const because = secrets.reduce((text, secret) => text.replaceAll(secret, "***"), error.message || code);
  if (code === "ENOSPC" || code === "53100" || /no space left/i.test(because)) return storeFull({ where });
  if (
    unreachable.test(code) ||
    /timeout exceeded when trying to connect|Connection terminated/i.test(because)
  )
    return storeUnreachable({ where, because, embedded: folder !== undefined });
  if (damaged.test(code)) {
    return folder === undefined
      ? storeDamaged({ data: where, because, server: true })
      : storeDamaged({ data: join(folder, "data"), because, copy: copiesOf(folder).newest() });
  }
  return error;
}

function passwordsIn(url: string): string[] {
  try {
    const { password } = new URL(url);
    return password === "" ? [] : [password, decodeURIComponent(password)];
  } catch {
    return [url];
  }
}
