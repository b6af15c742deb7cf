import { defineCommand, type Invocation } from "../command.js";

export const recover = defineCommand({
  name: "recover",
  summary: "Bring the service back after a disaster",
  args: ["[scenario]"],
  options: [
    { flags: "--plan", summary: "look, change nothing, and say what would be done" },
    {
      flags: "--drill",
      summary: "rehearse it on a stage of its own, measure RTO and RPO, and remove all of it",
    },
    { flags: "--database <name>", summary: "only this database of the playbook", many: true },
    { flags: "--backup <id>", summary: "from this backup, instead of the newest good one" },
    {
      flags: "--over-in-use",
      summary: "also replace a database that has tables; it is kept under another name",
    },
    {
      flags: "--since <moment>",
      summary: "data_corruption: when rows were right for the last time, or how long ago",
    },
    { flags: "--until <moment>", summary: "data_corruption: when it was over; now when left out" },
    { flags: "--table <name>", summary: "data_corruption: take rows of this table back", many: true },
    { flags: "--only <what>", summary: "data_corruption: missing or changed rows; both when left out" },
    {
      flags: "--where <condition>",
      summary: "data_corruption: of the table, only rows that were so in the backup; SQL",
    },
    {
      flags: "--row <key>",
      summary: "data_corruption: of the table, only the row with this primary key",
      many: true,
    },
    {
      flags: "--whole",
      summary: "data_corruption: the whole database; the one in use is kept under another name",
    },
    {
      flags: "--given <variable=file>",
      summary: "security_breach: the new value of a secret that people get, in a file",
      many: true,
    },
    {
      flags: "--because <text>",
      summary: "security_breach, service_outage: what is known of it, for the incident",
    },
    {
      flags: "--to <where>",
      summary: "service_outage: go there whatever is found: standby, regions, or a region such as fra1",
    },
    { flags: "--back", summary: "service_outage: the outage is over, lead users back" },
    { flags: "--key <file>", summary: "file of a private age key", many: true },
    { flags: "--confirm <scenario>", summary: "the scenario's name, instead of being asked for it" },
    { flags: "--resume", summary: "go on with a recovery whose process died or was left" },
    {
      flags: "--history",
      summary: "recoveries and drills of the past, of one scenario or all, and how their figures go",
    },
  ],
  examples: [
    "atoms recover database_failure --plan",
    "atoms recover database_failure",
    "atoms recover database_failure --confirm database_failure --json",
    "atoms recover database_failure --backup backup_20261123_030000_1f2e --key ~/backup.agekey",
    "atoms recover database_failure --drill",
    "atoms recover --resume",
    "atoms recover data_corruption --plan --since 2h",
    "atoms recover data_corruption --table notes",
    "atoms recover data_corruption --table notes --only changed --where \"mood = 'ok'\" --confirm data_corruption",
    "atoms recover data_corruption --backup backup_20261123_030000_1f2e --whole",
    "atoms recover security_breach --plan",
    'atoms recover security_breach --because "a laptop was stolen" --given WORKOS_API_KEY=./new-key',
    "atoms recover service_outage --plan",
    'atoms recover service_outage --because "the region is out, says the status page"',
    "atoms recover service_outage --to fra1",
    "atoms recover service_outage --back",
    "atoms recover service_outage --drill",
    "atoms recover security_breach --drill",
    "atoms recover list",
    "atoms recover --history",
  ],
  more: [
    "list: the scenarios, and how well each is rehearsed.",
    "database_failure: a database of backup.databases is away, gone or empty. The newest good backup is restored where it was, or to recovery.databases.<name>.standby_url when its server is away; then the service is pointed there, deployed again, and proven by its health.",
    "data_corruption: the database answers, and rows in it are wrong. A backup from before they went wrong is restored beside and compared with the database, row by row (--plan stops there). Then chosen rows are copied back in one transaction, or the whole is put in place; rows written since stay.",
    "security_breach: secrets are known to somebody who must not have them. Evidence is kept, every secret of recovery.security_breach.secrets gets a new value, the service is deployed again with them and proven, and what came in by old ones is ended: sessions of databases, tokens and sessions of Atoms, and where recovery.security_breach.old_deployments says remove, deployments that were built with old secrets. What only people can do is listed at the end.",
    "service_outage: the service does not answer from where it runs. Everything is asked from outside, and it is judged whether only the deployment is ill (then a rollback is the answer). Else it is deployed to the next of recovery.service_outage.regions and proven to answer from there; or, where the platform itself is out, its standby is proven well, the DNS records of the users' name are changed to it unless somebody else has changed them, and that is proven by the name servers and through the name. --back takes it back.",
  ].join("\n"),
  async run(invocation) {
    const { optionMistaken } = await import("../options.js");
    const { options } = invocation;
    const chosen = (["plan", "drill", "resume", "history"] as const).filter((name) => options[name] === true);
    if (chosen.length > 1)
      throw optionMistaken({ option: `--${chosen[0]}`, given: `--${chosen[1]}`, wanted: "one of the two" });
    if (chosen[0] === "history") {
      if (invocation.args[0] !== undefined) await checkScenario(invocation.args[0]);
      return (await import("./recover-history.js")).recoveryHistoryAsked(invocation);
    }
    if (invocation.args[0] === "list" && chosen.length === 0)
      return (await import("./recover-history.js")).listScenarios(invocation);
    if (chosen[0] === "resume") return goOn(invocation);
    await checkScenario(invocation.args[0]);
    await checkOptions(invocation);
    if (chosen[0] === "drill") return drill(invocation);
    if (invocation.args[0] === "security_breach") {
      const { planBreachRecovery, recoverFromBreach } = await import("./recover-breach.js");
      if (chosen[0] === "plan") return planBreachRecovery(invocation);
      return recoverFromBreach(invocation, (ask, session, release) =>
        follow(invocation, ask, session, release),
      );
    }
    if (invocation.args[0] === "service_outage") {
      const { planOutageRecovery, recoverFromOutage } = await import("./recover-outage.js");
      if (chosen[0] === "plan") return planOutageRecovery(invocation);
      return recoverFromOutage(invocation, (ask, session, release) =>
        follow(invocation, ask, session, release),
      );
    }
    if (invocation.args[0] === "data_corruption") {
      const { planData, takeDataBack } = await import("./recover-data.js");
      if (chosen[0] === "plan") return planData(invocation);
      return takeDataBack(invocation, (ask, session, release) => follow(invocation, ask, session, release));
    }
    return chosen[0] === "plan" ? plan(invocation) : act(invocation);
  },
});

/** @throws ATM-673 for what is no scenario. */
async function checkScenario(given: string | undefined): Promise<void> {
  const { scenarios, unknownScenario } = await import("@atoms/playbook");
  if ((scenarios as readonly (string | undefined)[]).includes(given)) return;
  throw unknownScenario({ given: given ?? "", known: scenarios });
}

/** Options that not every scenario understands, and those that do. */
const understood: Record<string, readonly string[]> = {
  overInUse: ["database_failure"],
  ...Object.fromEntries(
    ["since", "until", "table", "only", "where", "row", "whole"].map((name) => [name, ["data_corruption"]]),
  ),
  ...Object.fromEntries(
    ["database", "backup", "key"].map((name) => [name, ["database_failure", "data_corruption"]]),
  ),
  given: ["security_breach"],
  because: ["security_breach", "service_outage"],
  to: ["service_outage"],
  back: ["service_outage"],
};

/** @throws ATM-921 for an option that the scenario would ignore. */
async function checkOptions({ args, options }: Invocation): Promise<void> {
  const { optionMistaken } = await import("../options.js");
  const given = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined);
  for (const [name, scenarios] of Object.entries(understood))
    if (!scenarios.includes(String(args[0])) && given(options[name]))
      throw optionMistaken({
        option: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        given: String(args[0]),
        wanted: scenarios.join(" or "),
      });
}

async function which(invocation: Invocation) {
  const { gathered } = await import("../options.js");
  return { databases: gathered(invocation.options["database"]) };
}

async function plan(invocation: Invocation) {
  const { planRecovery } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { recoveryText } = await import("../views/recovery.js");
  const { terminal } = invocation;
  const named = await which(invocation);
  const plans = await withSession(invocation, "read", (ask, session) =>
    ask(planRecovery, { ...refOf(invocation, session), ...named }),
  );
  terminal.result(plans);
  if (!terminal.json) terminal.say(recoveryText(plans, terminal.paint));
  return plans.every(({ way }) => way !== "impossible") ? ("done" as const) : ("failed" as const);
}

async function drill(invocation: Invocation) {
  const { drillRecovery } = await import("@atoms/control-plane");
  const { drills } = await import("@atoms/playbook");
  type Done = import("@atoms/control-plane").DrillDone;
  const { gathered, oneOf, optionMistaken } = await import("../options.js");
  const { refOf, withSession } = await import("../session.js");
  const { followJobToTheEnd } = await import("../follow-job.js");
  const { drillText } = await import("../views/drill.js");
  const { terminal, options } = invocation;
  for (const option of [...Object.keys(understood), "confirm"])
    if (
      gathered(options[option]).length > 0 ||
      options[option] === true ||
      typeof options[option] === "string"
    )
      throw optionMistaken({ option: "--drill", given: `--${option}`, wanted: "nothing more" });
  const scenario = oneOf(invocation.args[0] ?? "", "a scenario that can be drilled", drills);
  const done = await withSession(invocation, "act", async (ask, session) => {
    const { job } = await ask(drillRecovery, { ...refOf(invocation, session), scenario });
    return followJobToTheEnd<Done>(invocation, ask, job);
  });
  terminal.result(done);
  if (!terminal.json) terminal.say(drillText(done, terminal.paint));
  return done.state === "passed" ? ("done" as const) : ("failed" as const);
}

async function act(invocation: Invocation) {
  const { planRecovery, recoverDatabases } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { gathered } = await import("../options.js");
  const { askForWord } = await import("../terminal/ask.js");
  const { foundText } = await import("../views/recovery.js");
  const { terminal, options } = invocation;
  const named = await which(invocation);
  const { confirm, backup } = options;
  return withSession(invocation, "act", async (ask, session) => {
    const ref = refOf(invocation, session);
    let word = typeof confirm === "string" ? confirm : undefined;
    if (word === undefined && invocation.yes) word = "database_failure";
    if (word === undefined) {
      const plans = await ask(planRecovery, { ...ref, ...named });
      terminal.say(foundText(plans, terminal.paint));
      word = await askForWord(
        terminal,
        "What is lost is restored from a backup, and the service is pointed at it.",
        "database_failure",
      );
    }
    const release = await ask(recoverDatabases, {
      ...ref,
      ...named,
      overInUse: options["overInUse"] === true,
      keys: gathered(options["key"]),
      confirm: word,
      ...(typeof backup === "string" ? { backup } : {}),
    });
    return follow(invocation, ask, session, release);
  });
}

async function goOn(invocation: Invocation) {
  const { resume } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  return withSession(invocation, "act", async (ask, session) =>
    follow(invocation, ask, session, await ask(resume, refOf(invocation, session))),
  );
}

type Session = import("@atoms/control-plane").Session;
type Release = import("@atoms/playbook").Release;

/** Shows a recovery to its end, what it took, and what is left to people. */
async function follow(invocation: Invocation, ask: Session["ask"], session: Session, release: Release) {
  const { followToTheEnd } = await import("../follow-to-the-end.js");
  const { entriesOf } = await import("../release-entries.js");
  const { recoveryEndText } = await import("../views/recovery.js");
  const { endingOf } = await import("../views/state.js");
  const { terminal } = invocation;
  const ended = await followToTheEnd(invocation, ask, session, release);
  if (ended.state !== "running" && !terminal.json) {
    const finished = (await entriesOf(ask, release.id)).find(({ kind }) => kind === "recovery.finished");
    const text = recoveryEndText(finished, terminal.paint);
    if (text !== "") terminal.say(text);
  }
  return endingOf(ended);
}
