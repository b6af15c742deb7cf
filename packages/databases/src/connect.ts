import { databaseAway, databaseRefused, isProblem } from "@atoms/playbook";
import pg from "pg";
import { shownAddress, withoutPasswords } from "./address.js";

/** Runs statements on one connection. */
export interface Connection {
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Errors by which the network and PostgreSQL say that the server, or the database, is not to be had. */
const away =
  /^(ECONN|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT$|08|28|3D000|53300|57P0[123])/;

/** Whether PostgreSQL says that the server is there, but no database of that name. */
export const isNoSuchDatabase = (error: unknown): boolean =>
  isProblem(error) && (error.cause as { code?: string } | undefined)?.code === "3D000";

/**
 * Runs work on a connection of its own, without time limit for a statement, and closes it. Cut short by the signal.
 * @throws ATM-232 when the database cannot be reached, ATM-233 for what it refuses.
 */
export async function connected<T>(
  url: string,
  work: (connection: Connection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "atoms",
  });
  // A connection that is lost fails the statement it was in; as an event nobody listens to it would end the process.
  client.on("error", () => undefined);
  const cut = () => void client.end().catch(() => undefined);
  signal?.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    return await work({
      query: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
        (await (values.length === 0 ? client.query<Row>(text) : client.query<Row>(text, [...values]))).rows,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw problemOf(error, url);
  } finally {
    signal?.removeEventListener("abort", cut);
    await client.end().catch(() => undefined);
  }
}

function problemOf(error: unknown, url: string): unknown {
  if (isProblem(error) || !(error instanceof Error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const because = withoutPasswords(error.message || code, [url]);
  const where = shownAddress(url);
  const problem =
    away.test(code) || /timeout|terminated|Connection ended/i.test(because)
      ? databaseAway({ where, because })
      : databaseRefused({ where, because });
  problem.cause = { code };
  return problem;
}
