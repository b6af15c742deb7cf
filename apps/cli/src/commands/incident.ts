import { defineCommand, type Invocation } from "../command.js";

const acts = [
  "open",
  "ack",
  "assign",
  "note",
  "update",
  "unpublish",
  "severity",
  "resolve",
  "close",
  "review",
  "list",
  "show",
] as const;
const severities = ["P1", "P2", "P3", "P4"] as const;

export const incident = defineCommand({
  name: "incident",
  summary: "Run an incident: who has it, how it stands, its checklist, its timeline, its post-mortem",
  args: ["[what]", "[which...]"],
  options: [
    { flags: "--severity <severity>", summary: "open: P1 to P4", default: "P2" },
    { flags: "--details <text>", summary: "open: what was seen, and where to look" },
    {
      flags: "--release <id>",
      summary:
        "open: the release it may be the doing of; left out: the last one that moved traffic in the hour before",
    },
    { flags: "--alert <id>", summary: "open: the alert that told of it" },
    { flags: "--status <status>", summary: "update: investigating, identified or monitoring" },
    { flags: "--public", summary: "update, resolve: show the text on the public status page, too" },
    {
      flags: "--public-title <title>",
      summary: "update, resolve: what the incident is called there; its own title is never shown",
    },
    { flags: "--done <n>", summary: "update: the number of an item of the checklist that is done" },
    { flags: "--evidence <address>", summary: "note: where it can be seen" },
    { flags: "--because <reason>", summary: "severity: why" },
    {
      flags: "--unverified <reason>",
      summary: "resolve: why it is over although not all that is looked at is well",
    },
    { flags: "--action <text>", summary: "review: something to be done, so that it does not happen again" },
    { flags: "--owner <name>", summary: "review: who does that" },
    { flags: "--out <file>", summary: "review: write the post-mortem there" },
    { flags: "--issues <file>", summary: "review: write what is to be done there, an issue a line" },
    { flags: "--all", summary: "list: also those that are closed" },
    { flags: "--limit <n>", summary: "list: how many of the newest", default: "50" },
  ],
  examples: [
    'atoms incident open "checkout is down" --severity P1 --details "every payment answers 500"',
    "atoms incident ack",
    "atoms incident assign communications ben",
    'atoms incident note "database at 100 % CPU" --evidence https://grafana.example.com/d/1',
    'atoms incident update "a query without an index; it is being built" --status identified',
    'atoms incident update "Some payments fail. We know why." --public --public-title "Payments fail"',
    'atoms incident severity P2 --because "half of the payments work again"',
    'atoms incident resolve "index built, load is normal"',
    'atoms incident review --action "alert on slow queries" --owner ana',
    "atoms incident review --out post-mortem.md --issues issues.ndjson",
    "atoms incident close",
  ],
  more: [
    "open TITLE           opens one; those on call are paged for P1 and P2",
    "ack                  you have it: nobody else is paged",
    "assign ROLE WHO      says who does what, e.g. commander",
    "note TEXT            puts something into its timeline",
    "update TEXT          tells stakeholders how it stands; --status moves it, --done ticks the checklist;",
    "                     --public also tells everybody, on the status page of the playbook (/status)",
    "unpublish            takes it off the status page",
    "severity P1..P4      its targets count anew",
    "resolve TEXT         looks whether the service is well, and ends it",
    "close                nothing is left to do",
    "review               drafts the post-mortem from the ledger",
    "list, show           what there is (the default); one with its checklist and timeline",
    "",
    "The id (inc_…) comes behind the verb; the only open incident is meant without it.",
  ].join("\n"),
  async run(invocation) {
    const { oneOf } = await import("../options.js");
    const [first, which] = invocation.args as [string | undefined, string[] | undefined];
    const what = oneOf(first ?? "list", "what", acts);
    const [id, words] = (which?.[0] ?? "").startsWith("inc_")
      ? [which?.[0], (which ?? []).slice(1)]
      : [undefined, which ?? []];
    const given: Given = { id: id === undefined ? {} : { incident: id }, words, text: words.join(" ") };
    switch (what) {
      case "list":
        return list(invocation, given);
      case "show":
        return show(invocation, given);
      case "review":
        return review(invocation, given);
      default:
        return act(invocation, what, given);
    }
  },
});

type Given = { id: { incident?: string }; words: string[]; text: string };
type Act = Exclude<(typeof acts)[number], "list" | "show" | "review">;

async function act(invocation: Invocation, what: Act, { id, words, text }: Given) {
  const control = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { oneOf, optionMistaken, wholeNumber } = await import("../options.js");
  const { incidentText } = await import("../views/incident.js");
  const { options, terminal } = invocation;
  const option = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? { [name]: value } : {};
  };
  const wrong = (wanted: string) => optionMistaken({ option: what, given: words.join(" "), wanted });
  const needsText = (wanted: string) => {
    if (text.trim() === "") throw wrong(wanted);
    return text;
  };
  const everybody = () => {
    const isPublic = options["public"] === true;
    if (typeof options["publicTitle"] === "string" && !isPublic)
      throw optionMistaken({
        option: "--public-title",
        given: options["publicTitle"],
        wanted: "--public beside it",
      });
    return { public: isPublic, ...option("publicTitle") };
  };
  const nothingMore = () => {
    if (words.length > 0) throw wrong("the id of an incident, or nothing");
  };
  const [one = "", two] = words;
  const done = await withSession(invocation, "act", async (ask, session) => {
    const ref = { ...refOf(invocation, session), ...id };
    const alone = session.plane !== undefined;
    const answer = async () => {
      switch (what) {
        case "open":
          return ask(control.openIncident, {
            ...refOf(invocation, session),
            title: needsText("what is wrong, in one line"),
            severity: oneOf(String(options["severity"]), "--severity", severities),
            ...option("details"),
            ...option("release"),
            ...option("alert"),
          });
        case "ack":
          nothingMore();
          return ask(control.ackIncident, ref);
        case "assign":
          if (two === undefined || words.length > 2) throw wrong("a role and a person, e.g. commander ana");
          return ask(control.assignIncident, { ...ref, role: one, who: two });
        case "note":
          return ask(control.noteIncident, {
            ...ref,
            text: needsText("what belongs in the timeline"),
            ...option("evidence"),
          });
        case "update": {
          const number =
            options["done"] === undefined ? undefined : wholeNumber(options["done"], "--done", 1, 50);
          const status =
            typeof options["status"] === "string"
              ? {
                  status: oneOf(options["status"], "--status", [
                    "investigating",
                    "identified",
                    "monitoring",
                  ] as const),
                }
              : {};
          if (number === undefined || options["public"] === true)
            needsText("how it stands, for everybody who waits");
          return ask(control.updateIncident, {
            ...ref,
            ...status,
            ...(text === "" ? {} : { text }),
            ...(number === undefined ? {} : { done: number }),
            ...everybody(),
          });
        }
        case "severity":
          if (words.length !== 1) throw wrong("P1, P2, P3 or P4");
          return ask(control.setIncidentSeverity, {
            ...ref,
            severity: oneOf(one, "severity", severities),
            ...option("because"),
          });
        case "resolve":
          return ask(control.resolveIncident, {
            ...ref,
            text: needsText("what ended it"),
            ...option("unverified"),
            ...everybody(),
          });
        case "unpublish":
          nothingMore();
          return ask(control.unpublishIncident, ref);
        case "close":
          nothingMore();
          return ask(control.closeIncident, ref);
      }
    };
    return { alone, standing: await answer() };
  });
  terminal.result(done.standing);
  if (!terminal.json) terminal.say(incidentText(done.standing, Date.now(), terminal.paint));
  if (done.alone && what === "open")
    terminal.note(
      "No control plane is running, so nobody is paged when a promise is missed: `atoms up` goes on with it.",
    );
  return "done" as const;
}

async function list(invocation: Invocation, { words, id }: Given) {
  const { listIncidentsCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { optionMistaken, wholeNumber } = await import("../options.js");
  const { incidentLine } = await import("../views/incident.js");
  const { terminal, options } = invocation;
  if (words.length > 0 || id.incident !== undefined)
    throw optionMistaken({ option: "list", given: id.incident ?? words.join(" "), wanted: "nothing more" });
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listIncidentsCall, {
      ...refOf(invocation, session),
      all: options["all"] === true,
      limit: wholeNumber(options["limit"], "--limit", 1, 1_000),
    }),
  );
  terminal.result(found);
  if (found.length === 0)
    terminal.say(options["all"] === true ? "There was no incident." : "No incident is open.");
  for (const one of found) terminal.say(incidentLine(one, Date.now(), terminal.paint));
  return "done" as const;
}

async function show(invocation: Invocation, { id, words }: Given) {
  const { showIncidentCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { optionMistaken } = await import("../options.js");
  const { incidentText, timelineText } = await import("../views/incident.js");
  const { terminal } = invocation;
  if (words.length > 0)
    throw optionMistaken({ option: "show", given: words.join(" "), wanted: "the id of an incident (inc_…)" });
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(showIncidentCall, { ...refOf(invocation, session), ...id }),
  );
  terminal.result(found);
  if (!terminal.json)
    terminal.say(
      `${incidentText(found, Date.now(), terminal.paint)}\n\n${timelineText(found.timeline, terminal.paint)}`,
    );
  return "done" as const;
}

async function review(invocation: Invocation, { id, words }: Given) {
  const { reviewIncident } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { optionMistaken } = await import("../options.js");
  const { writeFile } = await import("node:fs/promises");
  const { resolve } = await import("node:path");
  const { terminal, options, cwd } = invocation;
  const { action, owner, out, issues } = options;
  if (words.length > 0)
    throw optionMistaken({
      option: "review",
      given: words.join(" "),
      wanted: "the id of an incident (inc_…)",
    });
  if (owner !== undefined && action === undefined)
    throw optionMistaken({ option: "--owner", given: String(owner), wanted: "--action beside it" });
  const drafted = await withSession(invocation, "act", (ask, session) =>
    ask(reviewIncident, {
      ...refOf(invocation, session),
      ...id,
      ...(typeof action === "string" ? { action } : {}),
      ...(typeof owner === "string" ? { owner } : {}),
    }),
  );
  terminal.result(drafted);
  if (typeof out === "string") {
    await writeFile(resolve(cwd, out), drafted.markdown);
    terminal.say(`The post-mortem of ${drafted.incident.id} is in ${out}.`);
  }
  if (typeof issues === "string") {
    await writeFile(resolve(cwd, issues), drafted.issues.map((one) => `${JSON.stringify(one)}\n`).join(""));
    terminal.say(`${drafted.issues.length} to be done, an issue a line, in ${issues}.`);
  }
  if (action !== undefined) terminal.say(`Noted for ${drafted.incident.id}: ${String(action)}`);
  else if (out === undefined && issues === undefined && !terminal.json) terminal.say(drafted.markdown);
  return "done" as const;
}
