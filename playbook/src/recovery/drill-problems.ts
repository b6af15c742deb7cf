import { defineProblem } from "../terms/index.js";

/** ATM-676 */
export const noServerForDrill = defineProblem<{ because: string }>({
  code: "ATM-676",
  title: "There is no PostgreSQL to drill on",
  happened: (a) => a.because,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Install PostgreSQL 15 or newer (`apt-get install postgresql`) so that a drill can run one of its own, or name a server that is not production's as recovery.drill.server_url.",
  ending: "refused",
});

/** ATM-677 */
export const drillOnlyLocal = defineProblem({
  code: "ATM-677",
  title: "A drill runs on a local cloud only",
  happened: () => "A drill breaks things on purpose, and `--platform vercel` was given.",
  stillTrue: () => "Nothing was changed, and the account on Vercel was not asked anything.",
  fix: () =>
    "Leave `--platform` out: the drill makes a local cloud of its own, whatever the playbook ships to, and removes it.",
  ending: "refused",
});

/** ATM-678 */
export const drillOnProduction = defineProblem<{ where: string; setting: string }>({
  code: "ATM-678",
  title: "The server of the drill is in use",
  happened: (a) => `recovery.drill.server_url is ${a.where}, which ${a.setting} leads to as well.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name another server, or leave recovery.drill.server_url out: then a drill runs PostgreSQL itself.",
  ending: "refused",
});

/** ATM-679 */
export const drillCouldNotBegin = defineProblem<{ because: string }>({
  code: "ATM-679",
  title: "The drill could not begin",
  happened: (a) => `Nothing was broken yet: ${a.because}`,
  fix: () =>
    "What the service needs in a drill is named by recovery.drill.variables and recovery.drill.prepare; how its health tells of a database, by recovery.databases.",
});

/** ATM-680 */
export const drillFailed = defineProblem<{ because: string }>({
  code: "ATM-680",
  title: "The recovery failed in the drill",
  happened: (a) => a.because,
  stillTrue: () => "Production was not touched.",
  fix: () =>
    "The same would happen to a real recovery: mend it, and drill again. `atoms recover --history` keeps the result; `.atoms/logs/drill.log` says more.",
});

/** ATM-681 */
export const drillCutOff = defineProblem<{ drill: string; scenario: string }>({
  code: "ATM-681",
  title: "The drill was cut off",
  happened: (a) => `The process of ${a.drill} died before it had measured anything.`,
  stillTrue: () => "Production was not touched.",
  fix: (a) => `Start it again: \`atoms recover ${a.scenario} --drill\`.`,
});

/** ATM-880 */
export const noWayIn = defineProblem<{ because: string }>({
  code: "ATM-880",
  title: "Nothing would show that an intruder is shut out",
  happened: (a) => `An intruder of a drill could not come in: ${a.because}.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "Name under recovery.drill.intruder how a secret opens the service: `{ variable: API_TOKEN, path: /api/notes }` asks with `authorization: Bearer` and the secret; or list the database's password as `{ variable: DATABASE_URL, kind: postgres_password, database: main }`.",
  ending: "refused",
});

/** ATM-682 */
export const drillUnderWay = defineProblem<{ drill: string; by: string; since: number }>({
  code: "ATM-682",
  title: "A drill is under way",
  happened: (a) =>
    `${a.by} started ${a.drill} ${new Date(a.since).toISOString().slice(0, 16).replace("T", " ")} UTC.`,
  stillTrue: () => "It goes on.",
  fix: () => "Wait for its end: `atoms recover --history` shows it.",
  ending: "refused",
});
