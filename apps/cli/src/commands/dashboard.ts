import { defineCommand, type Invocation } from "../command.js";

const roleWords = ["viewer", "operator", "admin"] as const;

export const dashboard = defineCommand({
  name: "dashboard",
  summary: "Open the dashboard in a browser, by a link that signs it in once",
  options: [
    { flags: "--no-open", summary: "only print the link" },
    {
      flags: "--role <role>",
      summary: "what its bearer may do: viewer, operator or admin",
      default: "admin",
    },
    { flags: "--in <environment>", summary: "where that counts; everywhere when left out", many: true },
    { flags: "--as <name>", summary: "who it is for; the ledger names their acts so. You, when left out" },
  ],
  examples: [
    "atoms dashboard",
    "atoms dashboard --no-open --as Dana --role viewer",
    "atoms dashboard --json | jq -r .url",
  ],
  more: "Starts the control plane where none runs yet. The link counts once, within ten minutes; the browser then stays signed in for seven days. It is a secret until it was used.",
  async run(invocation) {
    const { makeSignInLink } = await import("@atoms/control-plane");
    const { refOf, withSession } = await import("../session.js");
    const { gathered, oneOf } = await import("../options.js");
    const { terminal, options } = invocation;
    const role = oneOf(String(options["role"]), "--role", roleWords);
    const places = gathered(options["in"]);
    const address = await addressOf(invocation);
    const name = options["as"];
    const made = await withSession(invocation, "read", (ask, session) =>
      ask(makeSignInLink, {
        ...refOf(invocation, session),
        role,
        in: places.length === 0 ? ["*"] : places,
        ...(typeof name === "string" ? { name } : {}),
      }),
    );
    const url = `${address}${made.path}`;
    const { expiresAt } = made.link;
    terminal.result({ url, role, name: made.link.name, environments: made.link.environments, expiresAt });
    if (terminal.json) return "done";
    terminal.note(`Signs one browser in as ${made.link.name} (${role}), once, within ten minutes:`);
    terminal.say(url);
    if (options["open"] !== false && terminal.canAsk) {
      const { openInBrowser } = await import("../terminal/open-in-browser.js");
      if (!(await openInBrowser(url, invocation.env)))
        terminal.note("No browser could be opened from here; open the link yourself.");
    }
    return "done";
  },
});

/** Where the dashboard is: at the control plane that the environment names, else at the one of this folder, which is started. */
async function addressOf(invocation: Invocation): Promise<string> {
  const { env, cwd, playbook: named, platform, terminal } = invocation;
  const elsewhere = env["ATOMS_URL"];
  if (elsewhere !== undefined && elsewhere !== "") return elsewhere.replace(/\/$/, "");
  const control = await import("@atoms/control-plane");
  const { dirname } = await import("node:path");
  const playbook = control.findPlaybook(cwd, named);
  const places = control.placesOf(dirname(playbook));
  control.makePlaces(places);
  const standing = control.runningControlPlane(places);
  if (standing?.kind === "command")
    terminal.note("A command at work answers for now; this page ends with it. `atoms up` keeps one running.");
  const { url, startedNow } =
    standing === undefined
      ? await control.ensureControlPlane(places, env, { playbook, platform })
      : { ...standing, startedNow: false };
  if (startedNow) terminal.note("Started the control plane; `atoms down` stops it.");
  const proxied = env["ATOMS_PUBLIC_URL"];
  return proxied === undefined || proxied === "" ? url : proxied.replace(/\/$/, "");
}
