import { defineCommand } from "../command.js";

export const releases = defineCommand({
  name: "releases",
  summary: "List releases, newest first",
  options: [{ flags: "--limit <n>", summary: "how many", default: "20" }],
  examples: ["atoms releases", "atoms releases --limit 3 --json | jq '.[].state'"],
  async run(invocation) {
    const { listReleasesCall } = await import("@atoms/control-plane/ask");
    const { withSession } = await import("../session.js");
    const { wholeNumber } = await import("../options.js");
    const { tableText } = await import("../views/table.js");
    const { howLong, when } = await import("../views/words.js");
    const { terminal } = invocation;
    const { stateText } = await import("../views/state.js");
    const limit = wholeNumber(invocation.options["limit"], "--limit", 1, 1000);
    const all = await withSession(invocation, "read", (ask) => ask(listReleasesCall, { limit }));
    terminal.result(all);
    if (terminal.json) return "done";
    if (all.length === 0) {
      terminal.say("No release yet. `atoms deploy` makes the first.");
      return "done";
    }
    terminal.say(
      tableText(all, [
        { head: "RELEASE", of: (r) => r.id },
        // Several playbooks of one folder, such as a group's, share its store.
        ...(all.some((r) => r.service !== all[0]?.service)
          ? [{ head: "SERVICE", of: (r: (typeof all)[number]) => r.service }]
          : []),
        { head: "VERSION", of: (r) => r.version },
        { head: "STRATEGY", of: (r) => r.strategy },
        { head: "STATE", of: (r) => stateText(r.state, terminal.paint) },
        { head: "STARTED", of: (r) => when(r.startedAt) },
        {
          head: "TOOK",
          of: (r) => (r.endedAt === undefined ? "" : howLong(r.endedAt - r.startedAt)),
          right: true,
        },
        { head: "BY", of: (r) => r.startedBy.name },
        { head: "DEPLOYMENT", of: (r) => r.candidate?.id ?? "" },
      ]),
    );
    return "done";
  },
});
