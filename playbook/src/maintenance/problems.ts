import { defineProblem, timeText } from "../terms/index.js";

/** ATM-630 */
export const noMaintenance = defineProblem<{ service: string; environment: string }>({
  code: "ATM-630",
  title: "There is no maintenance to end",
  happened: (a) => `No maintenance of ${a.service} in ${a.environment} is under way.`,
  stillTrue: () => "Nothing was changed.",
  fix: () =>
    "`atoms maintenance list --all` tells of those there were; `atoms maintenance start` begins one.",
  ending: "refused",
});

/** ATM-631 */
export const maintenanceUnderWay = defineProblem<{
  maintenance: string;
  by: string;
  since: number;
  until: number;
  service: string;
  environment: string;
}>({
  code: "ATM-631",
  title: "Maintenance is under way already",
  happened: (a) =>
    `${a.by} started ${a.maintenance} of ${a.service} in ${a.environment} at ${timeText(a.since)}; it lasts until ${timeText(a.until)} at the latest.`,
  stillTrue: () => "It goes on, and nothing else was begun.",
  fix: () => "Wait for it, or end it: `atoms maintenance end`.",
  ending: "refused",
});

/** ATM-632 */
export const flagNotConfigured = defineProblem<{ service: string; databases: readonly string[] }>({
  code: "ATM-632",
  title: "No flag is configured that would close the door",
  happened: (a) =>
    `The playbook of ${a.service} does not say by which flag it is put into maintenance; a variable of the platform alone would reach later deployments only.`,
  stillTrue: () => "The service is open, and nothing was changed.",
  fix: ({ databases: [first, ...more] }) =>
    first === undefined
      ? "A service that reads a Global Config (Edge Config): `maintenance: { flag: { config: <its slug> } }`. Otherwise name the service's database under `backup.databases`, then say `maintenance: { flag: { database: <its name> } }`. The service must read the row `maintenance` of its table `service_flags`, or one that you name."
      : `Say \`maintenance: { flag: { database: ${first} } }\`${more.length === 0 ? "" : ` (or ${more.join(", ")})`}. The service must read the row \`maintenance\` of its table \`service_flags\`, or one that you name.`,
  ending: "usage",
});

/** ATM-633 */
export const environmentUnknown = defineProblem<{ given: string; known: string }>({
  code: "ATM-633",
  title: "The playbook does not know this environment",
  happened: (a) => `The playbook is about ${a.known}; ${JSON.stringify(a.given)} was asked for.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    `Leave it out, or say ${a.known}; for another environment use its own playbook (\`--playbook\`).`,
  ending: "usage",
});

/** ATM-634 */
export const noDoor = defineProblem<{ service: string; environment: string }>({
  code: "ATM-634",
  title: "Production serves nothing",
  happened: (a) => `No deployment of ${a.service} serves ${a.environment}, so there is no door to close.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`atoms status` says what is served; `atoms deploy` ships a version.",
  ending: "refused",
});

/** ATM-635 */
export const flagTableMistaken = defineProblem<{ where: string; table: string; because: string }>({
  code: "ATM-635",
  title: "The flag could not be written",
  happened: (a) => `${a.where} has no table ${a.table} that can take a flag: ${a.because}`,
  stillTrue: () => "The flag is as it was.",
  fix: () =>
    "Name the table in `maintenance.flag.table`: it needs a unique column `name` and a column `value` of type jsonb.",
});

/** ATM-636 */
export const doorNotClosed = defineProblem<{ saw: readonly string[]; withinMs: number }>({
  code: "ATM-636",
  title: "The service does not say that it is in maintenance",
  happened: (a) =>
    `The flag was set, and ${Math.round(a.withinMs / 1_000)} s later not every host had said so: ${a.saw.join("; ")}.`,
  stillTrue: () => "No task was begun.",
  fix: () =>
    "See that the service reads this row, and that its health tells it in `maintenance.door.field`. If it only reads it rarely, raise `maintenance.closes_within`.",
});

/** ATM-637 */
export const notWellBehindTheDoor = defineProblem<{ saw: readonly string[] }>({
  code: "ATM-637",
  title: "The service is not well, so the door stays closed",
  happened: (a) => `Before opening it was looked at: ${a.saw.join("; ")}.`,
  stillTrue: () => "The door is closed, users are told to come back, and it is looked at again and again.",
  fix: () =>
    'Mend the service: it opens by itself then. If what was looked at is wrong: `atoms maintenance end --anyway "why"`.',
});

/** ATM-638 */
export const doorNotOpened = defineProblem<{ saw: readonly string[]; deployed: boolean }>({
  code: "ATM-638",
  title: "The service did not open well",
  happened: (a) => `The flag was taken back, and then: ${a.saw.join("; ")}.`,
  stillTrue: () => "The flag is set again, and it is tried again and again.",
  fix: (a) =>
    a.deployed
      ? "Production serves another deployment than before: one that was made meanwhile has the variable of maintenance for good. Roll back, or deploy again; it opens by itself then."
      : '`atoms logs` says what it does. When it is well it opens by itself; `atoms maintenance end --anyway "why"` opens it as it is.',
});

/** ATM-639 */
export const taskDidNotEnd = defineProblem<{ task: string; saw: string }>({
  code: "ATM-639",
  title: "A task of the maintenance failed",
  happened: (a) => `${a.task}: ${a.saw}`,
  stillTrue: () => "The tasks after it were not begun; the service was found well, and is open.",
  fix: (a) => `Mend what it says, then \`atoms maintenance start --task ${a.task}\`.`,
});

/** ATM-640 */
export const taskUnknown = defineProblem<{ given: string; known: readonly string[] }>({
  code: "ATM-640",
  title: "The playbook has no such task",
  happened: (a) => `${JSON.stringify(a.given)} is no task of the playbook.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) =>
    a.known.length === 0
      ? "Name tasks under `maintenance.tasks`."
      : `One of: ${a.known.join(", ")}. They are under \`maintenance.tasks\`.`,
  ending: "usage",
});

/** ATM-641 */
export const tooLong = defineProblem<{ given: string; most: string }>({
  code: "ATM-641",
  title: "That is too long for a maintenance",
  happened: (a) => `It was to last ${a.given}; the playbook allows ${a.most}.`,
  stillTrue: () => "Nothing was changed.",
  fix: (a) => `Ask for at most ${a.most}, or raise \`maintenance.at_most\`.`,
  ending: "usage",
});

/** ATM-642 */
export const maintenanceBroke = defineProblem<{ maintenance: string; doing: string }>({
  code: "ATM-642",
  title: "A step of the maintenance broke",
  happened: (a) => `${a.maintenance} could not ${a.doing}, by an error that Atoms has no name for.`,
  stillTrue: () => "It goes on trying until the door is open.",
  fix: () => "The error is in `.atoms/logs/errors.log`; please report it.",
});

/** ATM-643 */
export const variableLeft = defineProblem<{ variable: string; because: string }>({
  code: "ATM-643",
  title: "Later deployments are not told",
  happened: (a) => `The platform's variable ${a.variable} could not be set: ${a.because}`,
  stillTrue: () => "Running processes go by the flag, which is as it should be.",
  fix: (a) =>
    `Set ${a.variable} to false on the platform before the next release: one that is made with true stays closed.`,
});

/** What was done to a cache before it ended, in a few words. */
const doneSoFar = ({ removed, before }: { removed: number; before: number | undefined }): string =>
  before === undefined
    ? "No key was removed."
    : `${removed} of ${before} keys were removed before that, and stay removed.`;

/** ATM-644 */
export const cacheAway = defineProblem<{
  where: string;
  because: string;
  removed: number;
  before: number | undefined;
}>({
  code: "ATM-644",
  title: "The cache cannot be reached",
  happened: (a) =>
    `${a.where} ${a.before === undefined ? "cannot be reached" : "was lost"}: ${a.because}. ${doneSoFar(a)}`,
  stillTrue: () => "Keys that are not the cache's were not touched.",
  fix: () =>
    "See that the server runs and that `maintenance.caches` has its address, then run the task again: it goes on with what is left.",
});

/** ATM-645 */
export const cacheRefused = defineProblem<{
  where: string;
  because: string;
  removed: number;
  before: number | undefined;
}>({
  code: "ATM-645",
  title: "The cache refuses",
  happened: (a) => `${a.where} says: ${a.because}. ${doneSoFar(a)}`,
  stillTrue: () => "Keys that are not the cache's were not touched.",
  fix: () =>
    "Its user needs SCAN, UNLINK and DBSIZE, and for `whole: true` FLUSHDB, on a server that may be written to (no replica). Mend the address in `maintenance.caches`, then run the task again.",
});

/** ATM-646 */
export const clearingNotConfirmed = defineProblem<{ caches: readonly string[]; given: readonly string[] }>({
  code: "ATM-646",
  title: "The clearing of a cache was not confirmed",
  happened: (a) =>
    `The tasks would clear ${a.caches.join(", ")}; ${a.given.length === 0 ? "nothing was confirmed" : `confirmed was ${a.given.map((one) => JSON.stringify(one)).join(", ")}`}.`,
  stillTrue: () => "Nothing was changed, and the service is open.",
  fix: (a) =>
    `Repeat it and type the name, or give ${a.caches.map((one) => `\`--confirm ${one}\``).join(" ")}; \`--task\` chooses other tasks.`,
  ending: "refused",
});

const userTree = "Your working tree, your branches and production are as they were.";

/** ATM-649 */
export const dependenciesNotKept = defineProblem<{ folder: string; because: string }>({
  code: "ATM-649",
  title: "These dependencies cannot be updated",
  happened: (a) => `${a.folder}: ${a.because}.`,
  stillTrue: () => userTree,
  fix: () =>
    "Dependencies are updated by npm 7 or later, in a git repository with one committed lockfile; `folder` of the task says where. For another program write a task of kind `command`.",
});

/** ATM-660 */
export const updateStopped = defineProblem<{ doing: string; because: string }>({
  code: "ATM-660",
  title: "The dependencies could not be updated",
  happened: (a) => `It could not ${a.doing}: ${a.because}.`,
  stillTrue: () => userTree,
  fix: () => "Mend what it says, then run the task again; it begins anew.",
});

/** ATM-661 */
export const updateFailsTests = defineProblem<{
  tests: string;
  because: string;
  changes: string;
  end: readonly string[];
}>({
  code: "ATM-661",
  title: "The tests fail with the updated dependencies",
  happened: (a) =>
    `With ${a.changes} \`${a.tests}\` ${a.because}${a.end.length === 0 ? "" : `; at the end it said: ${a.end.join(" / ")}`}`,
  stillTrue: () => `No branch was made. ${userTree}`,
  fix: () =>
    "`atoms ledger --kind maintenance.dependencies` has what changed and the end of the log. `only` of the task updates some packages without the others.",
});

/** ATM-662 */
export const updateNotPushed = defineProblem<{ branch: string; remote: string; because: string }>({
  code: "ATM-662",
  title: "The branch with the updated dependencies was not pushed",
  happened: (a) => `${a.branch} is made and its tests pass; ${a.remote} did not take it: ${a.because}.`,
  stillTrue: () => "The branch is in the repository on this machine.",
  fix: (a) =>
    `Mend what it says, then run the task again: it pushes the branch that is there. By hand: \`git push ${a.remote} ${a.branch}\`.`,
});
