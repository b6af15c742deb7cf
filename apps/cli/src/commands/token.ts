import { defineCommand, type Invocation } from "../command.js";

const acts = ["list", "create", "revoke"] as const;
const roleWords = ["viewer", "operator", "admin"] as const;

export const token = defineCommand({
  name: "token",
  summary: "Let programs ask the control plane: make, list and revoke their tokens",
  args: ["[what]", "[name]"],
  options: [
    { flags: "--role <role>", summary: "create: viewer reads, operator acts, admin lets others in" },
    { flags: "--in <environment>", summary: "create: where it counts; everywhere when left out", many: true },
    {
      flags: "--for <duration>",
      summary: "create: how long it counts, e.g. 90d; until it is revoked when left out",
    },
  ],
  examples: [
    "atoms token create ci --role operator --in production --for 90d",
    "atoms token list",
    "atoms token revoke ci",
    "ATOMS_URL=https://atoms.example.com ATOMS_TOKEN=atoms_… atoms status",
  ],
  more: "A token is shown once and kept by nobody; the store has its digest. Every act of its bearer is in the ledger under its name. What it may do is held to its role at each place that a request touches, and to the control plane's own playbook.",
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, name] = invocation.args;
    const what = oneOf(first ?? "list", "what", acts);
    if (what === "list") {
      if (name !== undefined) throw optionMistaken({ option: what, given: name, wanted: "nothing more" });
      return list(invocation);
    }
    if (name === undefined)
      throw optionMistaken({ option: what, given: "", wanted: "the name of a token, such as ci" });
    return what === "create" ? create(invocation, name) : revoke(invocation, name);
  },
});

async function create(invocation: Invocation, name: string) {
  const { createToken } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { gathered, oneOf, optionMistaken } = await import("../options.js");
  const { parseDuration } = await import("@atoms/playbook");
  const { terminal, options } = invocation;
  const role = options["role"];
  if (typeof role !== "string")
    throw optionMistaken({ option: "--role", given: "", wanted: `one of ${roleWords.join(", ")}` });
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name))
    throw optionMistaken({ option: "create", given: name, wanted: "letters, digits, dots and dashes" });
  const given = options["for"];
  const length = typeof given === "string" ? parseDuration(given) : undefined;
  if (given !== undefined && (length === undefined || length < 60_000))
    throw optionMistaken({
      option: "--for",
      given: String(given),
      wanted: "a duration from 1m, such as 90d",
    });
  const places = gathered(options["in"]);
  const made = await withSession(invocation, "read", (ask, session) =>
    ask(createToken, {
      ...refOf(invocation, session),
      name,
      role: oneOf(role, "--role", roleWords),
      in: places.length === 0 ? ["*"] : places,
      ...(length === undefined ? {} : { for: length }),
    }),
  );
  terminal.result(made);
  if (terminal.json) return "done" as const;
  terminal.note(`Token ${name}, shown this once; the ledger names its acts by ${name}:`);
  terminal.say(made.secret);
  return "done" as const;
}

async function list(invocation: Invocation) {
  const { listTokens } = await import("@atoms/control-plane");
  const { withSession } = await import("../session.js");
  const { tokensText } = await import("../views/tokens.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask) => ask(listTokens, { limit: 1_000 }));
  terminal.result(found);
  if (!terminal.json) terminal.say(tokensText(found, Date.now(), terminal.paint));
  return "done" as const;
}

async function revoke(invocation: Invocation, name: string) {
  const { revokeToken } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const ended = await withSession(invocation, "read", (ask, session) =>
    ask(revokeToken, { ...refOf(invocation, session), token: name }),
  );
  terminal.result(ended);
  terminal.say(`${ended.name} does not count any more.`);
  return "done" as const;
}
