import type { DatabaseCare, VacuumProgress } from "@atoms/playbook";
import type { Connection } from "./connect.js";
import { connected } from "./connect.js";

/** How often PostgreSQL is asked how far it is, in milliseconds. */
const everyMs = 500;

/** Every table with rows of its own, the largest last: what is quick is done when the time is up. */
const tables = `
  select format('%I.%I', n.nspname, c.relname) as name,
    pg_has_role(c.relowner, 'usage')
      or (select rolsuper from pg_roles where rolname = current_user)
      or pg_has_role((select datdba from pg_database where datname = current_database()), 'usage') as ours
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  order by c.relpages, 1`;

const progress = `
  select coalesce(v.phase, a.phase) as phase,
    coalesce(v.heap_blks_scanned, a.sample_blks_scanned)::float8 as scanned,
    coalesce(v.heap_blks_total, a.sample_blks_total)::float8 as blocks
  from (select $1::int as pid) of
    left join pg_stat_progress_vacuum v using (pid) left join pg_stat_progress_analyze a using (pid)`;

/** VACUUM on PostgreSQL. */
export function databaseCare(): DatabaseCare {
  return {
    async vacuum(url, onProgress, signal) {
      try {
        return await connected(url, async (db) => {
          const [me] = await db.query<{ pid: number }>("select pg_backend_pid() as pid");
          const all = await db.query<{ name: string; ours: boolean }>(tables);
          const names = all.filter(({ ours }) => ours).map(({ name }) => name);
          // The vacuum itself goes on when its connection is cut: the server has to be told.
          const done = await connected(url, (beside) =>
            clean(db, { beside, pid: me?.pid ?? 0, names, onProgress, signal }),
          );
          return { tables: done, refused: all.filter(({ ours }) => !ours).map(({ name }) => name) };
        });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}

async function clean(
  db: Connection,
  how: {
    beside: Connection;
    pid: number;
    names: readonly string[];
    onProgress: (progress: VacuumProgress) => void;
    signal: AbortSignal | undefined;
  },
): Promise<number> {
  const { beside, pid, names, onProgress, signal } = how;
  let done = 0;
  let over = false;
  const cancel = () => void beside.query("select pg_cancel_backend($1)", [pid]).catch(() => undefined);
  signal?.addEventListener("abort", cancel, { once: true });
  const at = () => ({ table: names[done] ?? "", done, of: names.length });
  const watching = watch(() => over, beside, pid, at, onProgress);
  try {
    await db.query("set statement_timeout = 0; set lock_timeout = '30s'");
    for (const name of names) {
      signal?.throwIfAborted();
      onProgress(at());
      await db.query(`vacuum (analyze) ${name}`);
      done++;
    }
    return done;
  } finally {
    over = true;
    signal?.removeEventListener("abort", cancel);
    await watching;
  }
}

async function watch(
  isOver: () => boolean,
  beside: Connection,
  pid: number,
  at: () => { table: string; done: number; of: number },
  onProgress: (progress: VacuumProgress) => void,
): Promise<void> {
  while (!isOver()) {
    const [row] = await beside
      .query<{ phase: string | null; scanned: number | null; blocks: number | null }>(progress, [pid])
      .catch(() => []);
    if (row?.phase != null && !isOver())
      onProgress({
        ...at(),
        phase: row.phase,
        ...(row.scanned === null ? {} : { scanned: row.scanned }),
        ...(row.blocks === null ? {} : { blocks: row.blocks }),
      });
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
