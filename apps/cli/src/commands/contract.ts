import { defineCommand } from "../command.js";

export const contract = defineCommand({
  name: "contract",
  summary: "Compare the MCP tools and schemas of two versions, as a release does before traffic moves",
  args: ["<version>", "[other]"],
  options: [
    { flags: "--path <path>", summary: "the MCP endpoint, instead of the playbook's; /api/mcp without one" },
    {
      flags: "--back",
      summary: "the other way round: what going back would do to clients of the new version",
    },
  ],
  examples: [
    "atoms contract dpl_2kf9…",
    "atoms contract http://127.0.0.1:3001 --json | jq '.compared.changes'",
    "atoms contract https://shop.example.com http://127.0.0.1:3000 --path /mcp",
  ],
  more: "One version is compared with what production serves; of two, the first is the old one. Each is an address or a deployment's id. Only asks. Ends with 1 when a change fails by `validation.contract`, with 4 when a person would have to approve one.",
  async run(invocation) {
    const control = await import("@atoms/control-plane");
    const { stopOnCtrlC } = await import("./check.js");
    const { contractText } = await import("../views/contract.js");
    const { dirname } = await import("node:path");
    const { terminal, cwd, env, options } = invocation;
    const named = invocation.playbook ?? control.playbookNear(cwd);
    const playbook = named === undefined ? undefined : control.findPlaybook(cwd, named);
    const places = control.placesOf(playbook === undefined ? cwd : dirname(playbook));
    const plane = await control.openControlPlane({ places, env, kind: "command" });
    const stop = stopOnCtrlC();
    try {
      const open =
        playbook === undefined ? undefined : await plane.open({ playbook, platform: invocation.platform });
      const [first = "", second] = invocation.args;
      const sides = second === undefined ? [undefined, first] : [first, second];
      // Production may be either side: it is what is left out.
      const [before, after] = options["back"] === true ? [...sides].reverse() : sides;
      const path = typeof options["path"] === "string" ? options["path"] : undefined;
      const found = await control.checkContract(plane, { before, after, open, path }, stop.signal);
      terminal.result({ ...found, before: sideOf(found.before), after: sideOf(found.after) });
      if (!terminal.json) terminal.say(contractText(found, terminal.paint));
      if (found.fails.length > 0) return "failed";
      return found.asks.length > 0 ? "refused" : "done";
    } finally {
      stop.done();
      await plane.close();
    }
  },
});

/** Without the headers: they hold the secret that lets a request through the platform's protection. */
const sideOf = ({ address, deployment }: { address: string; deployment?: string }) => ({
  address,
  ...(deployment === undefined ? {} : { deployment }),
});
