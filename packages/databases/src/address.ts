import { createHash } from "node:crypto";

/** What libpq understands of an address' query; drivers add words of their own, on which `pg_dump` would stop. */
const libpqWords = new Set([
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "host",
  "connect_timeout",
  "options",
  "application_name",
]);

/** The address of a database as it may be shown: host, port and name. */
export function shownAddress(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    return `${hostname || (searchParams.get("host") ?? "localhost")}${port ? `:${port}` : ""}${pathname}`;
  } catch {
    return "the address given";
  }
}

/** Whether this can be the address of a PostgreSQL database. */
export const isPostgresAddress = (url: string): boolean =>
  /^postgres(ql)?:\/\//.test(url) && URL.canParse(url) && nameIn(url) !== "";

/** The name of the database in an address; empty when it names none. */
export const nameIn = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));

/** The same server, another database. */
export function withName(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

/** An address for PostgreSQL's own programs, and the password apart from it: command lines can be read by others. */
export function forPrograms(url: string): { address: string; env: Record<string, string> } {
  const bare = new URL(url);
  const password = decodeURIComponent(bare.password);
  bare.password = "";
  for (const word of [...bare.searchParams.keys()]) if (!libpqWords.has(word)) bare.searchParams.delete(word);
  return { address: bare.href, env: password === "" ? {} : { PGPASSWORD: password } };
}

/** First 8 hex digits of SHA-256 over `host:port/dbname`: tells databases apart without showing where they are. */
export function targetOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return createHash("sha256")
    .update(`${hostname}:${port === "" ? "5432" : port}${pathname}`)
    .digest("hex")
    .slice(0, 8);
}

/** A text without the passwords of these addresses. */
export function withoutPasswords(text: string, urls: readonly string[]): string {
  return urls
    .flatMap((url) => {
      try {
        const { password } = new URL(url);
        return password === "" ? [] : [password, decodeURIComponent(password)];
      } catch {
        return [url];
      }
    })
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}
