import { defineCommand, type Invocation } from "../command.js";

const verbs = ["add", "list", "expire", "extend"] as const;

export const silence = defineCommand({
  name: "silence",
  summary: "Keep alerts quiet for a while",
  args: ["[what]", "[which...]"],
  options: [
    { flags: "--for <duration>", summary: "add, extend: how long, e.g. 2h; at most 30d" },
    { flags: "--comment <text>", summary: "add: why, for whoever wonders" },
    { flags: "--all", summary: "list: also silences that have ended" },
  ],
  examples: [
    'atoms silence add rule=high_latency --for 2h --comment "new index is being built"',
    "atoms silence add 'severity=~low|medium' monitor=api --for 30m --comment \"load test\"",
    "atoms silence list",
    "atoms silence extend sil_mg1k2j3h9f2c --for 1h",
    "atoms silence expire sil_mg1k2j3h9f2c",
  ],
  more: "Matchers are label=value, label!=value, label=~pattern or label!~pattern; a pattern takes * for any text and | between alternatives. All of them must match. Labels are rule, severity, service, environment, monitor and the rule's own. Alerts are evaluated all the same, and people are reminded before a silence ends of what still fires under it.",
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, which] = invocation.args as [string | undefined, string[] | undefined];
    const what = oneOf(first ?? "list", "what", verbs);
    const named = which ?? [];
    const [one] = named;
    if (what === "list") {
      if (one !== undefined) throw optionMistaken({ option: what, given: one, wanted: "nothing more" });
      return list(invocation);
    }
    if (one === undefined)
      throw optionMistaken({
        option: what,
        given: "",
        wanted: what === "add" ? "at least one matcher, such as rule=high_latency" : "the id of a silence",
      });
    if (what === "add") return add(invocation, named);
    return change(invocation, what, named);
  },
});

async function add(invocation: Invocation, matchers: string[]) {
  const { addSilence } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { durationOf, optionMistaken } = await import("../options.js");
  const { silenceText } = await import("../views/alerts.js");
  const { terminal, options } = invocation;
  const { comment } = options;
  const length = durationOf(options["for"], "--for");
  if (typeof comment !== "string" || comment.trim() === "")
    throw optionMistaken({ option: "--comment", given: "", wanted: "why it is quiet" });
  const added = await withSession(invocation, "act", (ask, session) =>
    ask(addSilence, { ...refOf(invocation, session), matchers, for: length, comment }),
  );
  terminal.result(added);
  terminal.say(silenceText(added, Date.now(), terminal.paint));
  return "done" as const;
}

async function list(invocation: Invocation) {
  const { listSilences } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { silenceText } = await import("../views/alerts.js");
  const { terminal, options } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listSilences, { ...refOf(invocation, session), all: options["all"] === true, limit: 1_000 }),
  );
  terminal.result(found);
  if (found.length === 0) terminal.say("Nothing is silenced.");
  for (const one of found) terminal.say(silenceText(one, Date.now(), terminal.paint));
  return "done" as const;
}

async function change(invocation: Invocation, what: "expire" | "extend", which: readonly string[]) {
  const { expireSilence, extendSilence } = await import("@atoms/control-plane");
  const { withSession } = await import("../session.js");
  const { durationOf } = await import("../options.js");
  const { silenceText } = await import("../views/alerts.js");
  const { terminal, options } = invocation;
  const length = what === "extend" ? durationOf(options["for"], "--for") : 0;
  const done = await withSession(invocation, "act", async (ask) => {
    const all = [];
    for (const one of which)
      all.push(
        what === "extend"
          ? await ask(extendSilence, { silence: one, for: length })
          : await ask(expireSilence, { silence: one }),
      );
    return all;
  });
  terminal.result(done);
  for (const one of done) terminal.say(silenceText(one, Date.now(), terminal.paint));
  return "done" as const;
}
