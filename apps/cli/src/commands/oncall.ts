import { defineCommand, type Invocation } from "../command.js";

const acts = ["now", "preview", "override", "page", "pages", "ack", "resolve"] as const;
const states = ["paging", "acknowledged", "unanswered", "resolved"] as const;

export const oncall = defineCommand({
  name: "oncall",
  summary: "Say who is on call and who is next, let somebody stand in, and answer pages",
  args: ["[what]", "[which...]"],
  options: [
    { flags: "--days <n>", summary: "preview: how far to look", default: "28" },
    { flags: "--for <duration>", summary: "override: how long, e.g. 4h" },
    { flags: "--from <time>", summary: "override: when it begins, e.g. 2026-12-24T18:00; now when left out" },
    { flags: "--until <time>", summary: "override: when it ends, instead of --for" },
    { flags: "--severity <severity>", summary: "page: P1 to P4", default: "P2" },
    { flags: "--details <text>", summary: "page: what was seen, and where to look" },
    { flags: "--state <state>", summary: `pages: only those that are ${states.join(", ")}` },
    { flags: "--limit <n>", summary: "pages: how many of the newest", default: "20" },
  ],
  examples: [
    "atoms oncall",
    "atoms oncall preview --days 14",
    "atoms oncall override oncall_primary ben --for 4h",
    "atoms oncall override oncall_primary ben --from 2026-12-24T18:00 --until 2026-12-27T09:00",
    "atoms oncall override remove ovr_0f1e2d3c4b5a",
    'atoms oncall page "checkout is slow" --severity P1',
    "atoms oncall ack",
    "atoms oncall pages --state unanswered --json",
  ],
  more: [
    "now                       who is on call at each step of the escalation, and pages that are open (the default)",
    "preview                   the shifts of every schedule",
    "override STEP PERSON      lets somebody stand in; times are by the clocks of the schedule's zone",
    "override remove ID        takes it back",
    "page TITLE                pages whoever is on call, then the next one, until somebody has it",
    "pages                     who was paged, and who has it",
    "ack [PAGE]                you have it: nobody else is told",
    "resolve [PAGE]            it is over",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, which] = invocation.args as [string | undefined, string[] | undefined];
    const what = oneOf(first ?? "now", "what", acts);
    const named = which ?? [];
    const wrong = (wanted: string) => optionMistaken({ option: what, given: named.join(" "), wanted });
    switch (what) {
      case "override": {
        const [step, person] = named;
        if (step === undefined || person === undefined || named.length > 2)
          throw wrong("a step and a person, or remove and the id of an override");
        return step === "remove" ? remove(invocation, person) : override(invocation, step, person);
      }
      case "page":
        if (named.length === 0) throw wrong("what is wrong, in one line");
        return pageSomebody(invocation, named.join(" "));
      case "ack":
      case "resolve":
        if (named.length > 1) throw wrong("the id of one page, or none");
        return answer(invocation, what, named[0]);
      default:
        if (named.length > 0) throw wrong("nothing more");
        return what === "now"
          ? now(invocation)
          : what === "preview"
            ? preview(invocation)
            : pages(invocation);
    }
  },
});

async function now(invocation: Invocation) {
  const { showOnCall } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { onCallText } = await import("../views/on-call.js");
  const { terminal } = invocation;
  const standing = await withSession(invocation, "read", (ask, session) =>
    ask(showOnCall, refOf(invocation, session)),
  );
  terminal.result(standing);
  if (!terminal.json) terminal.say(onCallText(standing, terminal.paint));
  return "done" as const;
}

async function preview(invocation: Invocation) {
  const { previewOnCall } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { wholeNumber } = await import("../options.js");
  const { shiftsText } = await import("../views/on-call.js");
  const { terminal, options } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(previewOnCall, {
      ...refOf(invocation, session),
      days: wholeNumber(options["days"], "--days", 1, 366),
    }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(shiftsText(found, terminal.paint));
  return "done" as const;
}

async function override(invocation: Invocation, step: string, person: string) {
  const { addOverride } = await import("@atoms/control-plane");
  const { PositiveDuration } = await import("@atoms/playbook");
  const { refOf, withSession } = await import("../session.js");
  const { optionMistaken } = await import("../options.js");
  const { overrideText } = await import("../views/on-call.js");
  const { terminal, options } = invocation;
  const { from, until } = options;
  const length = options["for"] === undefined ? undefined : PositiveDuration.safeParse(options["for"]);
  if (length?.success === false)
    throw optionMistaken({ option: "--for", given: String(options["for"]), wanted: "a duration such as 4h" });
  const added = await withSession(invocation, "read", (ask, session) =>
    ask(addOverride, {
      ...refOf(invocation, session),
      step,
      person,
      ...(typeof from === "string" ? { from } : {}),
      ...(typeof until === "string" ? { until } : {}),
      ...(length === undefined ? {} : { forMs: length.data }),
    }),
  );
  terminal.result(added);
  terminal.say(overrideText(added));
  return "done" as const;
}

async function remove(invocation: Invocation, id: string) {
  const { removeOverride } = await import("@atoms/control-plane");
  const { withSession } = await import("../session.js");
  const { terminal } = invocation;
  const removed = await withSession(invocation, "read", (ask) => ask(removeOverride, { override: id }));
  terminal.result(removed);
  terminal.say(`${removed.id} is taken back: ${removed.step} goes by the schedule again.`);
  return "done" as const;
}

async function pageSomebody(invocation: Invocation, title: string) {
  const { pageByHand } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { oneOf } = await import("../options.js");
  const { pagesText } = await import("../views/on-call.js");
  const { terminal, options } = invocation;
  const { details } = options;
  const severity = oneOf(String(options["severity"]), "--severity", ["P1", "P2", "P3", "P4"] as const);
  const { page, alone } = await withSession(invocation, "act", async (ask, session) => ({
    alone: session.plane !== undefined,
    page: await ask(pageByHand, {
      ...refOf(invocation, session),
      title,
      severity,
      ...(typeof details === "string" ? { details } : {}),
    }),
  }));
  terminal.result(page);
  if (!terminal.json) terminal.say(pagesText([page], terminal.paint));
  if (page.state === "unanswered") {
    terminal.note("Nobody on call can be reached; `atoms oncall` shows why.");
    return "failed" as const;
  }
  if (alone)
    terminal.note("No control plane is running, so nobody else is told: `atoms up` goes on with the page.");
  return "done" as const;
}

async function pages(invocation: Invocation) {
  const { listPages } = await import("@atoms/control-plane");
  const { withSession } = await import("../session.js");
  const { oneOf, wholeNumber } = await import("../options.js");
  const { pagesText } = await import("../views/on-call.js");
  const { terminal, options } = invocation;
  const { state } = options;
  const found = await withSession(invocation, "read", (ask) =>
    ask(listPages, {
      limit: wholeNumber(options["limit"], "--limit", 1, 1_000),
      ...(typeof state === "string" ? { state: oneOf(state, "--state", states) } : {}),
    }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(pagesText(found, terminal.paint));
  return "done" as const;
}

async function answer(invocation: Invocation, what: "ack" | "resolve", page: string | undefined) {
  const { ackPage, resolvePageVerb } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const done = await withSession(invocation, "act", (ask, session) =>
    ask(what === "ack" ? ackPage : resolvePageVerb, {
      ...refOf(invocation, session),
      ...(page === undefined ? {} : { page }),
    }),
  );
  terminal.result(done);
  const { id, title, acknowledgedBy, resolvedBy } = done.page;
  const who = (what === "ack" ? acknowledgedBy : resolvedBy)?.name ?? "somebody";
  if (!done.first)
    terminal.say(
      what === "ack"
        ? `${who} has ${id} already: ${title}`
        : `${id} was resolved by ${who} already: ${title}`,
    );
  else terminal.say(what === "ack" ? `You have ${id}: ${title}` : `${id} is over: ${title}`);
  return "done" as const;
}
