import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { databaseAway, isProblem } from "@atoms/playbook";
import { type Connection, connected } from "./connect.js";

const iterations = 4_096;

/**
 * What PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5803): sent instead of the password, so that this is in no log of
 * the server. @param password ASCII, which needs no preparation.
 */
export function scramVerifier(password: string, salt: Uint8Array = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString("base64")}$${storedKey}:${serverKey}`;
}

/** A name of SQL, quoted. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/**
 * Sets a role's password. Safe to repeat. Addresses are tried in their order: after a first try another password may hold.
 * @param addresses By which the server is reached, each as a role that may do it.
 * @returns when it was done, by the server's clock, as text of PostgreSQL.
 * @throws ATM-232, ATM-233 of the last address.
 */
export const setRolePassword = (
  addresses: readonly string[],
  role: string,
  password: string,
  signal?: AbortSignal,
): Promise<string> =>
  onFirst(
    addresses,
    async (db) => {
      await db.query(`alter role ${quoted(role)} password '${scramVerifier(password)}'`);
      const [row] = await db.query<{ now: string }>("select clock_timestamp()::text as now");
      return row?.now ?? "";
    },
    signal,
  );

/**
 * Ends the sessions of a role that began before a moment of the server's clock. Safe to repeat.
 * @returns how many. @throws ATM-232, ATM-233.
 */
export const endSessionsOf = (
  addresses: readonly string[],
  role: string,
  before: string,
  signal?: AbortSignal,
): Promise<number> =>
  onFirst(
    addresses,
    async (db) => {
      const rows = await db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where usename = $1 and backend_start < $2::timestamptz and pid <> pg_backend_pid()`,
        [role, before],
      );
      return rows.length;
    },
    signal,
  );

async function onFirst<T>(
  addresses: readonly string[],
  work: (db: Connection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let last: unknown;
  for (const url of addresses) {
    try {
      return await connected(url, work, signal);
    } catch (error) {
      // Only where the way in is closed is another one tried.
      if (!isProblem(error) || error.code !== databaseAway.code) throw error;
      last = error;
    }
  }
  throw last;
}
