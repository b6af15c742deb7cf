import { defineCommand, type Invocation } from "../command.js";

const acts = ["list", "test"] as const;

export const channels = defineCommand({
  name: "channels",
  summary: "List the channels that messages go through, and test them",
  args: ["[what]", "[name]"],
  options: [{ flags: "--to <place>", summary: "test: a place there, e.g. #incidents or an e-mail address" }],
  examples: [
    "atoms channels",
    "atoms channels test",
    'atoms channels test slack --to "#incidents"',
    "atoms channels test email --to ana@example.com --json",
  ],
  more: [
    "list        what the playbook sets up in notification_channels (the default)",
    "test [name] sends one message through it, or through all of them, and says what came back; what it triggers in PagerDuty is resolved at once, with low severity",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, name] = invocation.args;
    const { to } = invocation.options;
    const what = oneOf(first ?? "list", "what", acts);
    if (what === "list" && name !== undefined)
      throw optionMistaken({ option: what, given: name, wanted: "nothing more" });
    if (to !== undefined && name === undefined)
      throw optionMistaken({ option: "--to", given: String(to), wanted: "the name of one channel to test" });
    return what === "list"
      ? list(invocation)
      : test(invocation, name, typeof to === "string" ? to : undefined);
  },
});

async function list(invocation: Invocation) {
  const { listChannels } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { channelsText } = await import("../views/channels.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listChannels, refOf(invocation, session)),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(channelsText(found, terminal.paint));
  return "done" as const;
}

async function test(invocation: Invocation, channel: string | undefined, to: string | undefined) {
  const { testChannels } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { channelTestsText } = await import("../views/channels.js");
  const { terminal } = invocation;
  if (terminal.live) terminal.note(`Testing ${channel ?? "every channel"}, each with 10 s to answer…`);
  const tests = await withSession(invocation, "act", (ask, session) =>
    ask(testChannels, {
      ...refOf(invocation, session),
      ...(channel === undefined ? {} : { channel }),
      ...(to === undefined ? {} : { to }),
    }),
  );
  terminal.result(tests);
  if (!terminal.json) terminal.say(channelTestsText(tests, terminal.paint));
  return tests.every(({ sent }) => sent) ? ("done" as const) : ("failed" as const);
}
