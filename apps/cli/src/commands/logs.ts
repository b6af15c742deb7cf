import { defineCommand } from "../command.js";

export const logs = defineCommand({
  name: "logs",
  summary: "Read what a deployment and its build wrote",
  args: ["[deployment]"],
  options: [{ flags: "--limit <n>", summary: "how many of the newest lines", default: "100" }],
  examples: ["atoms logs", "atoms logs dpl_8fk2 --limit 20"],
  more: "Without a deployment it reads the one that production serves.",
  async run(invocation) {
    const { readLogs } = await import("@atoms/control-plane");
    const { refOf, withSession } = await import("../session.js");
    const { wholeNumber } = await import("../options.js");
    const { terminal } = invocation;
    const limit = wholeNumber(invocation.options["limit"], "--limit", 1, 10_000);
    const deployment = invocation.args[0];
    const found = await withSession(invocation, "read", (ask, session) =>
      ask(readLogs, {
        ...refOf(invocation, session),
        limit,
        ...(deployment === undefined ? {} : { deployment }),
      }),
    );
    terminal.result(found);
    if (terminal.json) return "done";
    if (found.lines.length === 0) terminal.note(`${found.deployment} has written nothing yet.`);
    const { paint } = terminal;
    for (const line of found.lines) {
      const at = new Date(line.at).toISOString().slice(11, 23);
      const text =
        line.level === "error"
          ? paint.red(line.text)
          : line.level === "warning"
            ? paint.yellow(line.text)
            : line.text;
      terminal.say(`${paint.dim(at)} ${paint.dim(line.source.padEnd(7))} ${text}`);
    }
    return "done";
  },
});
