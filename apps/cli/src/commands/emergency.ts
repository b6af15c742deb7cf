import type { Session } from "@atoms/control-plane";
import type { Emergency, EmergencyOrder } from "@atoms/control-plane/emergency";
import type { EmergencyAssessment, Ending, Maintenance } from "@atoms/playbook";
import { defineCommand, type Invocation } from "../command.js";

export const emergency = defineCommand({
  name: "emergency",
  summary: "Say in seconds what is wrong and what most likely did it, and do something about it",
  args: ["[act]"],
  options: [
    {
      flags: "--do <act>",
      summary:
        "rollback, scale, maintenance, restart, escalate, freeze, unfreeze or reopen, as the first word does; asked for in a terminal when left out",
    },
    { flags: "--reason <text>", summary: "why, for the ledger; needed with --do" },
    { flags: "--to <deployment>", summary: "rollback: where to; the last one proven good when left out" },
    { flags: "--instances <n>", summary: "scale: in how many processes; one more when left out" },
    {
      flags: "--within <duration>",
      summary:
        "how long to look, e.g. 15s where the way is slow; so that the whole takes less than 5 s when left out",
    },
    {
      flags: "--for <duration>",
      summary: "freeze, maintenance: when it ends by itself, e.g. 2h; a freeze when lifted otherwise",
    },
  ],
  examples: [
    "atoms emergency",
    "atoms emergency --json | jq '.culprit'",
    'atoms emergency --do rollback --yes --reason "checkout answers 500"',
    'atoms emergency --do scale --instances 4 --yes --reason "the queue grows"',
    'atoms emergency maintenance --for 30m --yes --reason "orders are charged twice"',
    'atoms emergency reopen --yes --reason "the charges are right again"',
    'atoms emergency restart --yes --reason "it leaks memory until it is restarted"',
    'atoms emergency --do escalate --yes --reason "payments are down and a rollback did not help"',
    'atoms emergency --do freeze --for 4h --yes --reason "database is being moved"',
    'atoms emergency --do unfreeze --yes --reason "all well again"',
  ],
  more: [
    "It looks at every host, the platform, the releases, incidents, alerts and what changed in the last hour, all at once; what",
    "does not answer is said and waited for no longer. Then it offers what can be done, and asks before it does it.",
    "",
    "maintenance closes the door by the service's flag and waits until every host says so; reopen opens it. restart builds the",
    "artefact that serves once more, and moves traffic to it when it is well.",
    "",
    "It works while the control plane or its database is down: it then acts on the platform itself and keeps a journal in",
    ".atoms, which joins the ledger as soon as the store can be reached.",
  ].join("\n"),
  async run(invocation) {
    const { openEmergency } = await import("@atoms/control-plane/emergency");
    const { emergencyText } = await import("../views/emergency.js");
    const { terminal, cwd, env, actor, playbook, platform } = invocation;
    const wanted = await orderIn(invocation);
    const within = await withinOf(invocation);
    const open = await openEmergency({
      cwd,
      playbook,
      platform,
      env,
      actor,
      ...(within === undefined ? {} : { patienceMs: within }),
      print: (line) => terminal.note(line),
    });
    try {
      const seen = await open.look(within ?? Math.max(leastLookMs, promisedMs - performance.now()));
      terminal.result(wanted === undefined ? seen : { assessment: seen });
      terminal.say(emergencyText(seen, terminal.paint));
      const order = wanted ?? (await chosen(invocation, seen));
      return order === undefined ? "done" : await act(invocation, open, seen, order);
    } finally {
      await open.close();
      // A connection that hangs must not keep the terminal from whoever has to act.
      setTimeout(() => process.exit(), 500).unref();
    }
  },
});

/** From the start of this process to the assessment, in milliseconds; a slow start takes it from the look, down to the least. */
const [promisedMs, leastLookMs] = [4_600, 2_500];

/** How long to look, where somebody says so. @throws ATM-921 */
async function withinOf({ options: { within } }: Invocation): Promise<number | undefined> {
  if (within === undefined) return undefined;
  const { optionMistaken } = await import("../options.js");
  const { parseDuration } = await import("@atoms/playbook");
  const ms = parseDuration(String(within));
  if (ms !== undefined && ms >= 200 && ms <= 60_000) return ms;
  throw optionMistaken({ option: "--within", given: String(within), wanted: "a duration from 200ms to 60s" });
}

/** The act that the command line names. @throws ATM-655 without a reason, ATM-921. */
async function orderIn({ args, options }: Invocation): Promise<EmergencyOrder | undefined> {
  const { oneOf, optionMistaken, wholeNumber } = await import("../options.js");
  const { parseDuration, reasonNeeded } = await import("@atoms/playbook");
  const { reason, to, for: length, instances } = options;
  const what = options["do"] ?? args[0];
  if (args[0] !== undefined && what !== args[0])
    throw optionMistaken({ option: "--do", given: String(what), wanted: `${args[0]}, or nothing beside it` });
  if (typeof what !== "string") {
    for (const [name, value] of Object.entries({ reason, to, for: length, instances }))
      if (value !== undefined)
        throw optionMistaken({ option: `--${name}`, given: String(value), wanted: "--do beside it" });
    return undefined;
  }
  const { emergencyActs } = await import("@atoms/playbook");
  const act = oneOf(what, "--do", emergencyActs);
  if (typeof reason !== "string" || reason.trim().length < 3) throw reasonNeeded({ act });
  const belongs = (option: string, value: unknown, ...to: (typeof act)[]) => {
    if (value !== undefined && !to.includes(act))
      throw optionMistaken({ option, given: String(value), wanted: `--do ${to.join(" or ")} beside it` });
  };
  belongs("--to", to, "rollback");
  belongs("--for", length, "freeze", "maintenance");
  belongs("--instances", instances, "scale");
  const forMs = typeof length === "string" ? parseDuration(length) : undefined;
  if (length !== undefined && (forMs === undefined || forMs < 1_000))
    throw optionMistaken({ option: "--for", given: String(length), wanted: "a duration such as 30m or 4h" });
  return {
    act,
    reason: reason.trim(),
    ...(typeof to === "string" ? { to } : {}),
    ...(forMs === undefined ? {} : { forMs }),
    ...(instances === undefined ? {} : { instances: wholeNumber(instances, "--instances", 1, 32) }),
  };
}

/** Asks what to do, where there is somebody to ask. Nothing chosen: nothing is done. */
async function chosen(
  { terminal, yes }: Invocation,
  seen: EmergencyAssessment,
): Promise<EmergencyOrder | undefined> {
  if (!terminal.canAsk || terminal.json || yes) return undefined;
  const { askText } = await import("../terminal/ask.js");
  for (;;) {
    const typed = await askText("What now? A number, or Enter for nothing:");
    if (typed === "" || typed === "0") return undefined;
    const choice = seen.choices.find(({ number, act }) => String(number) === typed || act === typed);
    if (choice?.does !== undefined) {
      const reason = await askText(`Why? It is kept in the ledger (Enter: ${choice.act} in an emergency):`);
      return {
        act: choice.act,
        reason: reason.length < 3 ? `${choice.act} in an emergency` : reason,
      };
    }
    terminal.note(choice === undefined ? `${typed} is none of them.` : `${choice.title}: ${choice.not}.`);
  }
}

async function act(
  invocation: Invocation,
  open: Emergency,
  seen: EmergencyAssessment,
  order: EmergencyOrder,
): Promise<Ending> {
  const { terminal, yes } = invocation;
  const { confirm } = await import("../terminal/ask.js");
  const { actedText, confirmationOf } = await import("../views/emergency.js");
  if (!yes) await confirm(terminal, confirmationOf(seen, order));
  const leave = holdOn(terminal.note);
  try {
    const acted = await open.act(order, (line) => terminal.note(line));
    terminal.result({ acted });
    terminal.say(actedText(acted, terminal.paint));
    if (acted.page?.state === "unanswered") return "failed";
    if (acted.release === undefined && acted.maintenance === undefined) return "done";
    const session = await open.session();
    if (session === undefined) return "done";
    leave();
    if (acted.maintenance !== undefined) return followDoor(invocation, session, acted.act, acted.maintenance);
    if (acted.release === undefined) return "done";
    const { followToTheEnd } = await import("../follow-to-the-end.js");
    const { endingOf } = await import("../views/state.js");
    const ended = await followToTheEnd(invocation, session.ask, session, acted.release);
    if (acted.how === "abort")
      return ended.state === "aborted" || ended.state === "rolled back" ? "done" : "failed";
    return endingOf(ended);
  } finally {
    leave();
  }
}

/** Until it is proven closed, or open. */
async function followDoor(
  invocation: Invocation,
  session: Session,
  act: EmergencyOrder["act"],
  maintenance: Maintenance,
): Promise<Ending> {
  const { followMaintenanceToTheEnd, followUntilClosed } = await import("../follow-maintenance.js");
  return act === "maintenance"
    ? followUntilClosed(invocation, session.ask, session, maintenance)
    : followMaintenanceToTheEnd(invocation, session.ask, session, maintenance, "end");
}

/** While something is being done, the first Ctrl-C only says so; the second leaves. @returns what ends that. */
function holdOn(note: (text: string) => void): () => void {
  let pressed = 0;
  const onSignal = () => {
    pressed++;
    if (pressed > 1) {
      note("Left. What was asked for stands; `atoms emergency` shows how it is.");
      process.exit(1);
    }
    note("It is being done, and cannot be taken back half-way. Ctrl-C once more leaves it alone.");
  };
  process.on("SIGINT", onSignal);
  return () => void process.off("SIGINT", onSignal);
}
