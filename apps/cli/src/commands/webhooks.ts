import { defineCommand, type Invocation } from "../command.js";

const acts = ["list", "add", "remove"] as const;

export const webhooks = defineCommand({
  name: "webhooks",
  summary: "Have the platform tell of deployments that are made outside Atoms",
  args: ["[what]"],
  options: [
    { flags: "--url <address>", summary: "add: the control plane's address as the platform reaches it" },
  ],
  examples: [
    "atoms webhooks",
    "atoms webhooks add",
    "atoms webhooks add --url https://atoms.example.com --platform vercel",
    "atoms webhooks remove",
  ],
  more: [
    "list    the project's webhooks on the platform (the default)",
    "add     makes one to this control plane and keeps its secret; one that is right is kept. Needs `atoms up`, and for Vercel",
    "        an address that can be reached from outside (ATOMS_PUBLIC_URL or --url)",
    "remove  takes it away",
    "",
    "What it tells is in `atoms status`; `triggers.vercel` in the playbook has a build begin a release.",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const what = oneOf(invocation.args[0] ?? "list", "what", acts);
    const { url } = invocation.options;
    if (what !== "add" && url !== undefined)
      throw optionMistaken({ option: "--url", given: String(url), wanted: "nothing but with `add`" });
    if (typeof url === "string" && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
      throw optionMistaken({
        option: "--url",
        given: url,
        wanted: "an address such as https://atoms.example.com",
      });
    if (what === "list") return list(invocation);
    return what === "add" ? add(invocation, typeof url === "string" ? url : undefined) : remove(invocation);
  },
});

async function list(invocation: Invocation) {
  const { listWebhooks } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { tableText } = await import("../views/table.js");
  const { terminal } = invocation;
  const all = await withSession(invocation, "read", (ask, session) =>
    ask(listWebhooks, refOf(invocation, session)),
  );
  terminal.result(all);
  if (terminal.json) return "done" as const;
  if (all.length === 0) terminal.say("No webhook yet. `atoms webhooks add` makes one.");
  else
    terminal.say(
      tableText(all, [
        { head: "WEBHOOK", of: (one) => one.id },
        { head: "MADE BY", of: (one) => (one.ours ? terminal.paint.green("this folder") : "others") },
        { head: "TO", of: (one) => one.url },
        { head: "EVENTS", of: (one) => String(one.events.length) },
      ]),
    );
  return "done" as const;
}

async function add(invocation: Invocation, url: string | undefined) {
  const { addWebhook } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const made = await withSession(invocation, "act", (ask, session) =>
    ask(addWebhook, { ...refOf(invocation, session), ...(url === undefined ? {} : { url }) }),
  );
  terminal.result(made);
  if (!terminal.json)
    terminal.say(`${made.id} tells ${made.url} of deployments. Its secret is kept in .atoms.`);
  return "done" as const;
}

async function remove(invocation: Invocation) {
  const { removeWebhook } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const gone = await withSession(invocation, "act", (ask, session) =>
    ask(removeWebhook, refOf(invocation, session)),
  );
  terminal.result(gone);
  if (!terminal.json) terminal.say(`${gone.id} is gone. \`atoms webhooks add\` makes a new one.`);
  return "done" as const;
}
