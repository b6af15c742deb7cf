/**
 * What a dump is: PostgreSQL's custom format, or an embedded database (PGlite) packed whole by itself. Neither can be
 * restored into the other.
 */
export type DumpKind = "pg_dump" | "pglite";

/** Whether an address is meant to be that of a service's embedded database: `pglite+https://:token@host/path`. */
export const isEmbeddedAddress = (url: string): boolean => url.startsWith("pglite+");

/** Whether an address of an embedded database can be one: a host, a path, and a token in the place of the password. */
export function isWholeEmbeddedAddress(url: string): boolean {
  if (!/^pglite\+https?:\/\//.test(url) || !URL.canParse(url)) return false;
  const { hostname, password, username, pathname, search, hash } = new URL(url);
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  return hostname !== "" && password !== "" && username === "" && name !== "" && search === "" && hash === "";
}

type DatabaseSettings = { url: string; scratch_url?: string | undefined };
type Mistake = { path: (string | number)[]; message: string };

/** The settings that say something of databases. */
type Asking = {
  backup: { databases: Readonly<Record<string, DatabaseSettings>> };
  maintenance: {
    flag?: { database?: string | undefined } | undefined;
    tasks: readonly { kind: string; database?: string }[];
  };
  recovery: {
    databases: Readonly<Record<string, { standby_url?: string | undefined }>>;
    security_breach: { secrets: readonly { kind: string; database?: string }[] };
  };
};

const needsServer = (why: string) => `names an embedded database (PGlite), and ${why}`;

/** Whether settings ask of an embedded database what only a server can do. Says no address. */
export function embeddedMistakes({ backup, maintenance, recovery }: Asking): Mistake[] {
  const { databases } = backup;
  const embedded = (name: string | undefined) => isEmbeddedAddress(databases[name ?? ""]?.url ?? "");
  const { flag, tasks } = maintenance;
  return [
    ...Object.entries(databases).flatMap(([name, settings]) => addressMistakes(name, settings)),
    ...(embedded(flag?.database)
      ? [
          {
            path: ["maintenance", "flag", "database"],
            message: needsServer(
              "a flag is a row that is written by SQL: use maintenance.flag.config instead",
            ),
          },
        ]
      : []),
    ...tasks.flatMap(({ kind, database }, i) =>
      kind === "vacuum" && embedded(database)
        ? [
            {
              path: ["maintenance", "tasks", i, "database"],
              message: needsServer("only its service can clean it: use a task of kind command instead"),
            },
          ]
        : [],
    ),
    ...recovery.security_breach.secrets.flatMap(({ kind, database }, i) =>
      kind === "postgres_password" && embedded(database)
        ? [
            {
              path: ["recovery", "security_breach", "secrets", i, "database"],
              message: needsServer(
                "it has no passwords: list the variable of its token by another kind instead",
              ),
            },
          ]
        : [],
    ),
    ...Object.entries(recovery.databases).flatMap(([name, { standby_url: url }]): Mistake[] => {
      const path = ["recovery", "databases", name];
      if (embedded(name))
        return [
          {
            path,
            message: needsServer(
              "no server can stand in for its service: leave this out, and use `atoms backup restore`",
            ),
          },
        ];
      return url !== undefined && isEmbeddedAddress(url)
        ? [{ path: [...path, "standby_url"], message: "expected a PostgreSQL server, like url" }]
        : [];
    }),
  ];
}

function addressMistakes(name: string, { url, scratch_url }: DatabaseSettings): Mistake[] {
  const path = ["backup", "databases", name];
  if (!isEmbeddedAddress(url))
    return scratch_url !== undefined && isEmbeddedAddress(scratch_url)
      ? [{ path: [...path, "scratch_url"], message: "expected a PostgreSQL server, like url" }]
      : [];
  return [
    ...(isWholeEmbeddedAddress(url)
      ? []
      : [{ path: [...path, "url"], message: "expected the form pglite+https://:token@host/path" }]),
    ...(scratch_url === undefined
      ? []
      : [
          {
            path: [...path, "scratch_url"],
            message: "leave it out: an embedded database (PGlite) is tried in memory, without a server",
          },
        ]),
  ];
}
