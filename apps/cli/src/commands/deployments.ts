import { defineCommand } from "../command.js";

export const deployments = defineCommand({
  name: "deployments",
  summary: "List deployments, newest first, and which were proven good",
  options: [{ flags: "--limit <n>", summary: "how many", default: "20" }],
  examples: ["atoms deployments", "atoms deployments --platform vercel --limit 5"],
  async run(invocation) {
    const { listDeploymentsCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { wholeNumber } = await import("../options.js");
    const { tableText } = await import("../views/table.js");
    const { when } = await import("../views/words.js");
    const { terminal } = invocation;
    const limit = wholeNumber(invocation.options["limit"], "--limit", 1, 100);
    const all = await withSession(invocation, "read", (ask, session) =>
      ask(listDeploymentsCall, { ...refOf(invocation, session), limit }),
    );
    terminal.result(all);
    if (terminal.json) return "done";
    if (all.length === 0) {
      terminal.say("No deployment yet. `atoms deploy` makes the first.");
      return "done";
    }
    terminal.say(
      tableText(all, [
        { head: "DEPLOYMENT", of: (d) => d.id },
        { head: "VERSION", of: (d) => d.version ?? "" },
        { head: "STATE", of: (d) => (d.state === "failed" ? terminal.paint.red(d.state) : d.state) },
        { head: "SERVES", of: (d) => (d.serving ? terminal.paint.green("production") : "") },
        { head: "PROVEN GOOD", of: (d) => (d.provenAt === undefined ? "" : when(d.provenAt)) },
        { head: "CREATED", of: (d) => when(d.createdAt) },
        { head: "ADDRESS", of: (d) => d.address },
      ]),
    );
    return "done";
  },
});
