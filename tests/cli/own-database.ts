import { randomBytes } from "node:crypto";
import pg from "pg";

/**
 * A database of its own on the PostgreSQL of the tests. Drop it when done.
 * @param url A superuser's address.
 */
export async function ownDatabase(url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `atoms_${process.pid}_${randomBytes(4).toString("hex")}`;
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => admin(`drop database ${name} with (force)`) };
}

/** The address of the PostgreSQL that `npm test` starts. @throws when the tests were started without it. */
export function testPostgres(): string {
  const url = process.env["ATOMS_TEST_DB"];
  if (url === undefined)
    throw new Error("ATOMS_TEST_DB is not set; `npm test` starts a PostgreSQL and sets it");
  return url;
}
