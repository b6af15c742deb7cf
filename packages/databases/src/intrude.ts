import { databaseAway, isProblem } from "@atoms/playbook";
import pg from "pg";
import { connected } from "./connect.js";

const answerMs = 5_000;

/** PostgreSQL's words for a password that is not right, or a role that may not come in. */
const refused = /^28/;

/** What an address comes to: a session, a refusal of whoever asks, or no answer that says either. */
export async function triesSession(url: string): Promise<"opens" | "refused" | "unclear"> {
  try {
    await connected(url, (db) => db.query("select 1"));
    return "opens";
  } catch (error) {
    if (!isProblem(error) || error.code !== databaseAway.code) return "unclear";
    return refused.test((error.cause as { code?: string } | undefined)?.code ?? "") ? "refused" : "unclear";
  }
}

/**
 * Opens a session and keeps it.
 * @returns `lives` asks it something: false once the server has ended it. @throws what the server says when it does not open.
 */
export async function holdSession(url: string): Promise<{ lives(): Promise<boolean>; end(): Promise<void> }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
    application_name: "intruder",
  });
  client.on("error", () => undefined);
  await client.connect();
  return {
    lives: () =>
      client.query("select 1").then(
        () => true,
        () => false,
      ),
    end: () => client.end().catch(() => undefined),
  };
}
