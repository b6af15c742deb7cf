import { type Command, defineCommand } from "../command.js";

/** `smoke` and `perf` differ in what they measure only. */
export function addressCommand(
  what: "smoke" | "perf",
  text: Pick<Command, "summary" | "examples" | "more">,
): Command {
  return defineCommand({
    name: what,
    args: ["<url>"],
    options: [
      { flags: "--kind <kind>", summary: "http or mcp, where there is no playbook", default: "http" },
    ],
    ...text,
    async run(invocation) {
      const control = await import("@atoms/control-plane");
      const { oneOf } = await import("../options.js");
      const { endOfChecks, showFindings } = await import("../views/findings.js");
      const { stopOnCtrlC } = await import("./check.js");
      const { dirname } = await import("node:path");
      const { terminal, cwd, env } = invocation;
      const playbook = invocation.playbook ?? control.playbookNear(cwd);
      const places = control.placesOf(
        playbook === undefined ? cwd : dirname(control.findPlaybook(cwd, playbook)),
      );
      const plane = await control.openControlPlane({ places, env, kind: "command" });
      const stop = stopOnCtrlC();
      try {
        const open =
          playbook === undefined
            ? undefined
            : await plane.open({
                playbook: control.findPlaybook(cwd, playbook),
                platform: invocation.platform,
              });
        const kind = oneOf(String(invocation.options["kind"]), "--kind", ["http", "mcp"]);
        if (open === undefined) terminal.note("No playbook here: the defaults for any service are used.");
        const checked = await control.checkAddress(
          plane,
          { what, address: invocation.args[0] ?? "", open, kind },
          showFindings(terminal),
          stop.signal,
        );
        return endOfChecks(terminal, checked);
      } finally {
        stop.done();
        await plane.close();
      }
    },
  });
}
