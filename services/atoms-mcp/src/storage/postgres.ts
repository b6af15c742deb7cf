import type { Driver, Settings, Sql } from "./database.js";

/**
 * A pool to a real Postgres, safe behind a transaction-mode pooler: no named statements, no session settings.
 * @param url the connection address
 * @param size connections at most: 5, or 1 where the platform starts many instances
 * @param onIdleError told when an idle connection breaks; the pool replaces it by itself
 */
export async function openPostgres(
  url: string,
  size: number,
  onIdleError: (error: Error) => void,
): Promise<Driver> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: 3000,
    idleTimeoutMillis: 10_000,
    query_timeout: 6000,
    application_name: "atoms-mcp",
    allowExitOnIdle: true,
  });
  pool.on("error", onIdleError);
  return {
    target: targetOf(url),
    single: {
      query: async <Row>(text: string, values: readonly unknown[] = []) =>
        (await pool.query(text, [...values])).rows as Row[],
    },
    async transaction(work, settings = {}) {
      const client = await pool.connect();
      // The pool listens to idle connections only, and an error nobody listens to would end the process. What was lost is
      // known to the caller all the same: the next query on this connection fails.
      let lost: Error | undefined;
      const onLost = (error: Error) => {
        lost ??= error;
      };
      client.on("error", onLost);
      const sql: Sql = {
        query: async <Row>(text: string, values: readonly unknown[] = []) => {
          if (lost) throw lost;
          return (await client.query(text, [...values])).rows as Row[];
        },
      };
      let broken = false;
      try {
        await client.query(beginWith(settings));
        const result = await work(sql);
        if (lost) throw lost;
        await client.query("commit");
        return result;
      } catch (error) {
        await client.query("rollback").catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.release(broken || lost !== undefined);
        client.off("error", onLost);
      }
    },
    close: () => pool.end(),
  };
}

/**
 * BEGIN and the settings of the transaction in one round trip, which only text without bound values allows. Values go in
 * as hexadecimal digits, so whatever they hold, they cannot become SQL. The first that fails keeps the rest from running.
 */
function beginWith(settings: Settings): string {
  const set = Object.entries(settings).map(([name, value]) => {
    const hex = Buffer.from(value).toString("hex");
    return `set_config('${name}', convert_from(decode('${hex}', 'hex'), 'UTF8'), true)`;
  });
  return set.length === 0 ? "begin" : `begin; select ${set.join(", ")}`;
}

/** `host:port/dbname` of a connection address. */
export function targetOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || "5432"}${pathname}`;
}
