import { defineCommand, type Invocation } from "../command.js";

const acts = ["list", "retry"] as const;
const states = ["waiting", "sent", "dead", "cancelled", "superseded"] as const;

export const notices = defineCommand({
  name: "notices",
  summary: "List messages to people and whether they were delivered, and try again what was given up",
  args: ["[what]", "[key...]"],
  options: [
    { flags: "--state <state>", summary: `list: only those that are ${states.join(", ")}` },
    { flags: "--release <id>", summary: "list: only those of a release" },
    { flags: "--limit <n>", summary: "list: how many of the newest", default: "20" },
  ],
  examples: [
    "atoms notices",
    "atoms notices list --state dead --json",
    "atoms notices retry",
    "atoms notices retry rel_1jd0q…/notice/T-15/2",
  ],
  more: [
    "list         the newest, and what became of them (the default)",
    "retry [key…] tries those again that were given up, all of them or those that are named; channels that have one do not get it again",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, which] = invocation.args as [string | undefined, string[] | undefined];
    const what = oneOf(first ?? "list", "what", acts);
    const keys = which ?? [];
    if (what === "retry") return retry(invocation, keys);
    if (keys[0] !== undefined) throw optionMistaken({ option: what, given: keys[0], wanted: "nothing more" });
    return list(invocation);
  },
});

async function list(invocation: Invocation) {
  const { listNoticesCall } = await import("@atoms/control-plane/ask");
  const { withSession } = await import("../session.js");
  const { oneOf, wholeNumber } = await import("../options.js");
  const { noticesText } = await import("../views/notices.js");
  const { terminal, options } = invocation;
  const { state, release } = options;
  const found = await withSession(invocation, "read", (ask) =>
    ask(listNoticesCall, {
      newest: true,
      limit: wholeNumber(options["limit"], "--limit", 1, 1_000),
      ...(typeof state === "string" ? { state: oneOf(state, "--state", states) } : {}),
      ...(typeof release === "string" ? { release } : {}),
    }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(noticesText(found, terminal.paint));
  return "done" as const;
}

async function retry(invocation: Invocation, keys: string[]) {
  const { retryNoticesCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const again = await withSession(invocation, "act", (ask, session) =>
    ask(retryNoticesCall, { ...refOf(invocation, session), ...(keys.length === 0 ? {} : { notices: keys }) }),
  );
  terminal.result(again);
  if (again.length === 0) terminal.say("Nothing was given up: there is nothing to try again.");
  else
    terminal.say(
      `${again.length === 1 ? "1 notice is" : `${again.length} notices are`} tried again; \`atoms notices\` says what came of it.`,
    );
  return "done" as const;
}
