import { defineProblem } from "../terms/index.js";
import type { DumpKind } from "./embedded.js";

const wordsOf = (dump: DumpKind) =>
  dump === "pglite"
    ? "PGlite's own dump, for a service that has its database embedded"
    : "a dump of pg_dump, for a PostgreSQL server";

/** ATM-250 */
export const dumpOfAnotherKind = defineProblem<{
  id: string;
  database: string;
  dump: DumpKind;
  where: string;
}>({
  code: "ATM-250",
  title: "The backup is of another kind of database",
  happened: (a) => `What ${a.id} has of ${a.database} is ${wordsOf(a.dump)}, and ${a.where} is none.`,
  stillTrue: () => "The backup is as it was, and no database was touched.",
  fix: (a) =>
    a.dump === "pglite"
      ? "Restore it into a service with an embedded database: `--into pglite+https://:<token>@<host>/<path>`. To move to a server, start the service on that server and copy the rows over with its own tools."
      : "Restore it into a PostgreSQL server: `--into postgres://…`, and start the service with that address. To go back to an embedded database, take a backup of the embedded one.",
  ending: "refused",
});

/** ATM-251 */
export const dumpNotOffered = defineProblem<{ where: string; status: number }>({
  code: "ATM-251",
  title: "The service does not give its database out",
  happened: (a) => `${a.where} answered ${a.status}: there is no dump of an embedded database.`,
  stillTrue: () => "Nothing was changed in it.",
  fix: () =>
    "Look at the path of the address in `backup.databases`, and whether the service is set up to do so: the Atoms MCP Server answers at /database with ATOMS_DATABASE_DUMP_TOKEN set and without DATABASE_URL. What any service has to answer is in playbook/src/backup/README.md.",
});

/** ATM-252 */
export const dumpTokenRefused = defineProblem<{ where: string; status: number }>({
  code: "ATM-252",
  title: "The service refused the token",
  happened: (a) => `${a.where} answered ${a.status} to the token of the address.`,
  stillTrue: () => "Nothing was changed in it.",
  fix: () =>
    "The token stands where a password does, pglite+https://:<token>@<host>/<path>, with what is special in an address written as %40 and the like. It has to be the one that the service was started with.",
});

/** ATM-253 */
export const dumpUnusable = defineProblem<{ where: string; because: string }>({
  code: "ATM-253",
  title: "This is no dump of an embedded database that can be used",
  happened: (a) => `${a.where}: ${a.because}.`,
  stillTrue: () => "The database in use was not touched, and earlier backups are as they were.",
  fix: () =>
    "From a service: look at its log, and what it answers to `curl -H 'Authorization: Bearer <token>'`. From a backup: use an earlier one, `atoms backup list`. Of another version of PostgreSQL: use the version of Atoms and of the service that it was taken with.",
});

/** ATM-254 */
export const dumpNotTaken = defineProblem<{ where: string; status: number; because: string }>({
  code: "ATM-254",
  title: "The service did not take the database",
  happened: (a) => `${a.where} answered ${a.status}${a.because === "" ? "" : `: ${a.because}`}.`,
  stillTrue: () => "A service that refuses keeps the database that it had.",
  fix: (a) =>
    a.status === 503
      ? "It is busy with another dump or exchange: try again in a few seconds."
      : "Put right what it says, and look at its log; then `atoms backup restore` again.",
});

/** ATM-255 */
export const exchangeUnknown = defineProblem<{ where: string; because: string; aside: string }>({
  code: "ATM-255",
  title: "The service did not say whether it took the database",
  happened: (a) => `The whole dump was sent to ${a.where}, and then: ${a.because}.`,
  stillTrue: (a) =>
    `It has either the database of before or the restored one, whole. With the restored one, that of before is kept as ${a.aside}.`,
  fix: () =>
    "Look at the service and its log, then `atoms backup restore` again: it compares anew, and replaces what is there.",
});

/** ATM-256 */
export const embeddedCannot = defineProblem<{ database: string; what: string; others: readonly string[] }>({
  code: "ATM-256",
  title: "An embedded database is not recovered like this",
  happened: (a) =>
    `${a.database} is embedded in its service (PGlite), and ${a.what} needs databases that a PostgreSQL server holds beside each other.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    `\`atoms backup restore --database ${a.database}\` brings it back from a backup; the service keeps the one of before.${a.others.length === 0 ? "" : ` For the others: \`--database ${a.others.join(" --database ")}\`.`}`,
  ending: "refused",
});
