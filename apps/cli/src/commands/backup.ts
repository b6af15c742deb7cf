import { defineCommand, type Invocation } from "../command.js";

const acts = ["create", "list", "verify", "restore", "prune"] as const;

export const backup = defineCommand({
  name: "backup",
  summary: "Take full backups, try them, and restore from them",
  args: ["[what]", "[id]"],
  options: [
    {
      flags: "--database <name>",
      summary: "create, restore: only this database of the playbook",
      many: true,
    },
    { flags: "--all", summary: "verify: every backup, not only the newest" },
    { flags: "--into <address>", summary: "restore: to another database, postgres://… or pglite+https://…" },
    { flags: "--over-newer", summary: "restore: also over a database that has what the backup lacks" },
    { flags: "--confirm <name>", summary: "restore: the database's name, instead of being asked for it" },
    { flags: "--key <file>", summary: "verify, restore: file of a private age key", many: true },
    { flags: "--dry-run", summary: "restore, prune: say what would be done" },
  ],
  examples: [
    "atoms backup create",
    "atoms backup list",
    "atoms backup verify",
    "atoms backup verify --all --json",
    "atoms backup restore --dry-run",
    "atoms backup restore backup_20261123_030000_1f2e --confirm shop",
    'atoms backup restore --into "$OTHER_DATABASE_URL" --key ~/backup.agekey',
    'atoms backup restore --into "pglite+http://:$DUMP_TOKEN@127.0.0.1:50002/database"',
    "atoms backup prune --dry-run",
  ],
  more: [
    "create   dumps every database of backup.databases, also one that is embedded in its service (PGlite), and keeps what production serves and its variables, encrypted",
    "list     what there is, and when each was last tried (the default)",
    "verify   restores one into a scratch database and compares rows and checksums",
    "restore  restores a database beside, compares it, and puts it in place; the one before is kept under another name",
    "prune    removes what backup.retention does not keep",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const what = oneOf(invocation.args[0] ?? "list", "what", acts);
    const id = invocation.args[1];
    if (id !== undefined && what !== "verify" && what !== "restore")
      throw optionMistaken({ option: what, given: id, wanted: "nothing more" });
    switch (what) {
      case "create":
        return create(invocation);
      case "list":
        return list(invocation);
      case "verify":
        return verify(invocation, id);
      case "restore":
        return restore(invocation, id);
      case "prune":
        return prune(invocation);
    }
  },
});

async function create(invocation: Invocation) {
  const { createBackup } = await import("@atoms/control-plane");
  type Made = import("@atoms/control-plane").BackupMade;
  const { refOf, withSession } = await import("../session.js");
  const { followJobToTheEnd } = await import("../follow-job.js");
  const { gathered } = await import("../options.js");
  const { bytesText } = await import("../views/words.js");
  const { terminal, options } = invocation;
  const databases = gathered(options["database"]);
  const made = await withSession(invocation, "act", async (ask, session) => {
    const { job } = await ask(createBackup, {
      ...refOf(invocation, session),
      ...(databases.length === 0 ? {} : { databases }),
    });
    return followJobToTheEnd<Made>(invocation, ask, job);
  });
  terminal.result(made);
  terminal.say(
    `${made.id}: ${made.tables} tables, ${made.rows} rows, ${bytesText(made.bytes)}, encrypted, in ${made.where}.`,
  );
  terminal.note(`It is proven when it was restored once: \`atoms backup verify ${made.id}\`.`);
  return "done" as const;
}

async function list(invocation: Invocation) {
  const { listBackups } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { backupsText } = await import("../views/backups.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listBackups, refOf(invocation, session)),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(backupsText(found, Date.now(), terminal.paint));
  return "done" as const;
}

async function verify(invocation: Invocation, id: string | undefined) {
  const { verifyBackups } = await import("@atoms/control-plane");
  type Check = import("@atoms/playbook").FullCheck;
  const { refOf, withSession } = await import("../session.js");
  const { followJobToTheEnd } = await import("../follow-job.js");
  const { gathered } = await import("../options.js");
  const { checksText } = await import("../views/backups.js");
  const { terminal, options } = invocation;
  const checks = await withSession(invocation, "act", async (ask, session) => {
    const { job } = await ask(verifyBackups, {
      ...refOf(invocation, session),
      all: options["all"] === true,
      keys: gathered(options["key"]),
      ...(id === undefined ? {} : { id }),
    });
    return followJobToTheEnd<Check[]>(invocation, ask, job);
  });
  terminal.result(checks);
  if (!terminal.json) terminal.say(checksText(checks, terminal.paint));
  return checks.every(({ sound }) => sound) ? ("done" as const) : ("failed" as const);
}

async function restore(invocation: Invocation, id: string | undefined) {
  const { planBackupRestore, restoreBackup } = await import("@atoms/control-plane");
  type Done = import("@atoms/playbook").Restored;
  const { refOf, withSession } = await import("../session.js");
  const { followJobToTheEnd } = await import("../follow-job.js");
  const { gathered, optionMistaken } = await import("../options.js");
  const { askForWord } = await import("../terminal/ask.js");
  const { restoredText } = await import("../views/backups.js");
  const { when } = await import("../views/words.js");
  const { terminal, options } = invocation;
  const { into, confirm } = options;
  const [database, more] = gathered(options["database"]);
  if (more !== undefined)
    throw optionMistaken({
      option: "--database",
      given: more,
      wanted: "one database; restore the other after it",
    });
  return withSession(invocation, "act", async (ask, session) => {
    const input = {
      ...refOf(invocation, session),
      overNewer: options["overNewer"] === true,
      keys: gathered(options["key"]),
      ...(id === undefined ? {} : { id }),
      ...(database === undefined ? {} : { database }),
      ...(typeof into === "string" ? { into } : {}),
    };
    const plan = await ask(planBackupRestore, input);
    const meanwhile = plan.dump === "pglite" ? "requests wait a moment" : "its connections are cut";
    const telling = `${plan.where} is to hold ${plan.backup} of ${when(plan.takenAt)}${plan.inUse ? `; the database that is there now is kept under another name, and ${meanwhile}` : ""}.`;
    if (options["dryRun"] === true) {
      terminal.result(plan);
      terminal.say(telling);
      return "done" as const;
    }
    const word =
      typeof confirm === "string"
        ? confirm
        : invocation.yes
          ? plan.word
          : await askForWord(terminal, telling, plan.word);
    const { job } = await ask(restoreBackup, { ...input, id: plan.backup, confirm: word });
    const done = await followJobToTheEnd<Done>(invocation, ask, job);
    terminal.result(done);
    terminal.say(restoredText(done));
    return "done" as const;
  });
}

async function prune(invocation: Invocation) {
  const { pruneBackups } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { terminal, options } = invocation;
  const pretend = options["dryRun"] === true;
  const done = await withSession(invocation, "act", (ask, session) =>
    ask(pruneBackups, { ...refOf(invocation, session), pretend }),
  );
  terminal.result(done);
  for (const id of done.removed) terminal.say(`${id} ${pretend ? "would be removed" : "was removed"}`);
  terminal.say(
    `${done.kept} ${done.kept === 1 ? "backup is" : "backups are"} kept, as backup.retention says.`,
  );
  return "done" as const;
}
