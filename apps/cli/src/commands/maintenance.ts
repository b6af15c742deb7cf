import type { TaskToRun } from "@atoms/control-plane";
import { defineCommand, type Invocation } from "../command.js";

const verbs = ["start", "end", "list", "tasks", "schedule"] as const;

export const maintenance = defineCommand({
  name: "maintenance",
  summary: "Close the service for work, and surely open it again",
  args: ["[what]", "[because]"],
  options: [
    { flags: "--for <duration>", summary: "start: lifted after this at the latest, e.g. 30m" },
    { flags: "--task <name>", summary: "start: only this task of the playbook; may be repeated", many: true },
    {
      flags: "--confirm <cache>",
      summary: "start: this cache may be cleared, instead of being asked for its name; may be repeated",
      many: true,
    },
    { flags: "--without-tasks", summary: "start: no task; closed until it is ended" },
    { flags: "--hold", summary: "start: stay closed after the tasks, until it is ended" },
    { flags: "--anyway <reason>", summary: "end: open even if the service is not found well" },
    { flags: "--environment <name>", summary: "refuse unless the playbook is about this environment" },
    { flags: "--all", summary: "list: also those that are over" },
  ],
  examples: [
    'atoms maintenance start "new index on orders" --for 30m',
    'atoms maintenance start "monthly vacuum" --task vacuum --yes',
    'atoms maintenance start "stale pages" --task clear-pages --confirm pages',
    'atoms maintenance start "moving the database" --without-tasks --for 2h',
    "atoms maintenance list",
    "atoms maintenance tasks",
    "atoms maintenance schedule",
    "atoms maintenance end",
    'atoms maintenance end --anyway "the health check asks the old database"',
  ],
  more: [
    "start  mutes alerts, closes the door by the service's flag, proves it on every production host, and runs the playbook's tasks;",
    "       then it opens when every host is well, and proves that. Without a task, or with --hold, it waits for `end`.",
    "       Where no task needs a closed door (`atoms maintenance tasks` says which do), users are served and alerts speak meanwhile",
    "end    asks the one under way to end: no further task is begun, it is looked at, and opened",
    "tasks  what the playbook's tasks would do (maintenance.tasks)",
    "schedule  the next ten windows of the playbook (maintenance.windows); the control plane (`atoms up`) announces and begins them",
    "list   what is under way (the default); one whose worker died and whose time is up is lifted first",
    "",
    "Its time (--for) lifts it in any case, by whichever control plane runs then. While the service is not well it stays closed,",
    "says why, and pages. Ctrl-C asks it to end; a second one detaches.",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const what = oneOf(invocation.args[0] ?? "list", "what", verbs);
    const [, because] = invocation.args;
    if (because !== undefined && what !== "start")
      throw optionMistaken({ option: what, given: because, wanted: "nothing more" });
    if (what === "start") return start(invocation, because);
    if (what === "schedule") return schedule(invocation);
    if (what === "tasks") return tasks(invocation);
    return what === "end" ? end(invocation) : list(invocation);
  },
});

const whereOf = ({ options }: Invocation) =>
  typeof options["environment"] === "string" ? { environment: options["environment"] } : {};

async function start(invocation: Invocation, because: string | undefined) {
  const { listMaintenanceTasks, startMaintenance } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { durationOf, gathered, optionMistaken } = await import("../options.js");
  const { confirm } = await import("../terminal/ask.js");
  const { followMaintenanceToTheEnd } = await import("../follow-maintenance.js");
  const { options } = invocation;
  const named = gathered(options["task"]);
  if (named.length > 0 && options["withoutTasks"] === true)
    throw optionMistaken({
      option: "--task",
      given: named.join(", "),
      wanted: "no --without-tasks beside it",
    });
  const forMs = options["for"] === undefined ? undefined : durationOf(options["for"], "--for");
  const tasks = options["withoutTasks"] === true ? [] : named.length > 0 ? named : undefined;
  return withSession(invocation, "act", async (ask, session) => {
    const known = await ask(listMaintenanceTasks, { ...refOf(invocation, session), ...whereOf(invocation) });
    const chosen = known.filter(({ task }) => tasks?.includes(task) ?? true);
    const hold = options["hold"] === true;
    if (!invocation.yes)
      await confirm(
        invocation.terminal,
        hold || chosen.length === 0 || chosen.some(({ door }) => door === "closed")
          ? "Users will be turned away until it is over. Close the service?"
          : "Its tasks need no closed door: users are served meanwhile. Begin?",
      );
    const clears = await cachesIn(invocation, chosen);
    const begun = await ask(startMaintenance, {
      ...refOf(invocation, session),
      ...whereOf(invocation),
      because: because ?? "asked for by hand",
      hold,
      confirm: clears,
      ...(forMs === undefined ? {} : { for: forMs }),
      ...(tasks === undefined ? {} : { tasks }),
    });
    return followMaintenanceToTheEnd(invocation, ask, session, begun, "start");
  });
}

/**
 * The caches that are confirmed to be cleared: given, or by `--yes`, or typed by whoever has read what is cleared.
 * @param chosen The tasks that are to be run.
 */
async function cachesIn(
  { terminal, options, yes }: Invocation,
  chosen: readonly TaskToRun[],
): Promise<string[]> {
  const { gathered } = await import("../options.js");
  const { askForWord } = await import("../terminal/ask.js");
  const given = [...gathered(options["confirm"])];
  for (const { task, does, clears } of chosen) {
    if (clears === undefined || given.includes(clears)) continue;
    given.push(yes ? clears : await askForWord(terminal, `${task} ${does}.`, clears));
  }
  return given;
}

async function end(invocation: Invocation) {
  const { endMaintenance } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { followMaintenanceToTheEnd } = await import("../follow-maintenance.js");
  const { anyway } = invocation.options;
  return withSession(invocation, "act", async (ask, session) => {
    const standing = await ask(endMaintenance, {
      ...refOf(invocation, session),
      ...whereOf(invocation),
      ...(typeof anyway === "string" ? { anyway } : {}),
    });
    return followMaintenanceToTheEnd(invocation, ask, session, standing, "end");
  });
}

async function tasks(invocation: Invocation) {
  const { listMaintenanceTasks } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { tasksText } = await import("../views/maintenance.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listMaintenanceTasks, { ...refOf(invocation, session), ...whereOf(invocation) }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(tasksText(found));
  return "done" as const;
}

async function schedule(invocation: Invocation) {
  const { previewMaintenance } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { windowsText } = await import("../views/maintenance.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(previewMaintenance, { ...refOf(invocation, session), ...whereOf(invocation), count: 10 }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(windowsText(found, Date.now()));
  return "done" as const;
}

async function list(invocation: Invocation) {
  const { listMaintenance } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { maintenanceListText } = await import("../views/maintenance.js");
  const { terminal, options } = invocation;
  const all = options["all"] === true;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listMaintenance, { ...refOf(invocation, session), ...whereOf(invocation), all, limit: 100 }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(maintenanceListText(found, all, Date.now(), terminal.paint));
  return "done" as const;
}
