import type { LedgerEvent } from "@atoms/playbook";
import type { Database, Queries } from "./database.js";
import { appendEvents } from "./ledger.js";

/** What a caller of the API may do, each more than the one before. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * Something that lets its bearer in. `token`: for programs, until it is revoked. `link`: signs a browser in, once.
 * `session`: a browser that was signed in.
 */
export type Credential = {
  id: string;
  kind: "token" | "link" | "session";
  /** Of a token its own, else the person's. */
  name: string;
  role: Role;
  /** Where it counts; `*` is everywhere. */
  environments: readonly string[];
  /** Milliseconds since the epoch, as all times here. */
  createdAt: number;
  createdBy: string;
  /** From then on it does not count; undefined: it lasts. */
  expiresAt?: number;
  /** When it was revoked, signed out or, as a link, used. */
  endedAt?: number;
};

/** Who may ask. Secrets never come here: a credential is found by the digest of its secret. */
export interface AccessStore {
  /** Keeps a credential. @returns false when another token of that name counts still; nothing is changed then. */
  add(credential: Credential, digest: string, events: readonly LedgerEvent[]): Promise<boolean>;
  /** The credential of a kind that counts at `now`; undefined when there is none. */
  find(digest: string, kind: Credential["kind"], now: number): Promise<Credential | undefined>;
  /** Whether the credential of an id counts at `now`. */
  counts(id: string, now: number): Promise<boolean>;
  /**
   * Uses a link, once, however many try at the same time, and keeps the session that comes of it.
   * @returns the session; undefined when the link does not count (any more).
   */
  redeem(
    link: string,
    now: number,
    session: {
      digest: string;
      of(link: Credential): Credential;
      events(session: Credential): readonly LedgerEvent[];
    },
  ): Promise<Credential | undefined>;
  /** Newest first. */
  list(query: { kind: Credential["kind"]; limit: number }): Promise<Credential[]>;
  /**
   * Ends what counts still, by id or, for tokens, by name.
   * @returns what was ended; undefined when nothing of that name or id counts.
   */
  end(
    kind: Credential["kind"],
    which: string,
    at: number,
    events: (ended: Credential) => readonly LedgerEvent[],
  ): Promise<Credential | undefined>;
  /** Forgets links and sessions that ended or expired before a time. Tokens are kept, for the record. */
  prune(before: number): Promise<void>;
}

interface Row {
  id: string;
  kind: string;
  name: string;
  role: string;
  environments: string[];
  created_at: number;
  created_by: string;
  expires_at: number | null;
  ended_at: number | null;
}

const columns = "id, kind, name, role, environments, created_at, created_by, expires_at, ended_at";
const counts = "ended_at is null and (expires_at is null or expires_at > $2)";

/** Credentials in PostgreSQL. */
export function openAccess(db: Database): AccessStore {
  return {
    add: (credential, digest, events) =>
      db.transaction(async (queries) => {
        // An expired token gives its name back.
        if (credential.kind === "token")
          await queries.query(
            `update atoms.credential set ended_at = expires_at
             where kind = 'token' and name = $1 and ended_at is null and expires_at <= $2`,
            [credential.name, credential.createdAt],
          );
        if (!(await insert(queries, credential, digest))) return false;
        await appendEvents(queries, events);
        return true;
      }),
    async find(digest, kind, now) {
      const [row] = await db.query<Row>(
        `select ${columns} from atoms.credential where digest = $1 and ${counts} and kind = $3`,
        [digest, now, kind],
      );
      return row && credentialOf(row);
    },
    async counts(id, now) {
      const rows = await db.query(`select 1 from atoms.credential where id = $1 and ${counts}`, [id, now]);
      return rows.length > 0;
    },
    redeem: (digest, now, session) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<Row>(
          `update atoms.credential set ended_at = $2
           where digest = $1 and ${counts} and kind = 'link' returning ${columns}`,
          [digest, now],
        );
        if (row === undefined) return undefined;
        // As it was when it was used: what is made of it has not ended with it.
        const link = credentialOf({ ...row, ended_at: null });
        const made = session.of(link);
        await insert(queries, made, session.digest);
        await appendEvents(queries, session.events(made));
        return made;
      }),
    async list({ kind, limit }) {
      const rows = await db.query<Row>(
        `select ${columns} from atoms.credential where kind = $1 order by created_at desc, id limit $2`,
        [kind, limit],
      );
      return rows.map(credentialOf);
    },
    end: (kind, which, at, events) =>
      db.transaction(async (queries) => {
        const [row] = await queries.query<Row>(
          `update atoms.credential set ended_at = $2
           where ${counts} and kind = $3 and (id = $1 or (kind = 'token' and name = $1)) returning ${columns}`,
          [which, at, kind],
        );
        if (row === undefined) return undefined;
        const ended = credentialOf(row);
        await appendEvents(queries, events(ended));
        return ended;
      }),
    async prune(before) {
      await db.query(
        `delete from atoms.credential where kind <> 'token' and least(ended_at, expires_at) < $1`,
        [before],
      );
    },
  };
}

async function insert(queries: Queries, credential: Credential, digest: string): Promise<boolean> {
  const { id, kind, name, role, environments, createdAt, createdBy, expiresAt } = credential;
  const added = await queries.query(
    `insert into atoms.credential (id, kind, name, digest, role, environments, created_at, created_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (name) where kind = 'token' and ended_at is null do nothing returning id`,
    [id, kind, name, digest, role, environments, createdAt, createdBy, expiresAt ?? null],
  );
  return added.length > 0;
}

const credentialOf = (row: Row): Credential => ({
  id: row.id,
  kind: row.kind as Credential["kind"],
  name: row.name,
  role: row.role as Role,
  environments: row.environments,
  createdAt: row.created_at,
  createdBy: row.created_by,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
});
