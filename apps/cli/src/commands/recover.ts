import { defineCommand } from "../command.js";

const scenarios = ["database_failure"] as const;

export const recover = defineCommand({
  name: "recover",
  summary: "Say how the databases are brought back after a failure",
  args: ["<scenario>"],
  options: [{ flags: "--plan", summary: "look, change nothing, and say what to type; must be given" }],
  examples: ["atoms recover database_failure --plan", "atoms recover database_failure --plan --json"],
  more: "database_failure   a database of backup.databases is away, gone, empty, or holds bad rows",
  async run(invocation) {
    const { planRecovery } = await import("@atoms/control-plane");
    const { oneOf, optionMistaken } = await import("../options.js");
    const { refOf, withSession } = await import("../session.js");
    const { recoveryText } = await import("../views/recovery.js");
    const { terminal, options } = invocation;
    oneOf(invocation.args[0] ?? "", "scenario", scenarios);
    // Without it the word is kept for a recovery that acts: nobody's script is to change its meaning later.
    if (options["plan"] !== true)
      throw optionMistaken({
        option: "recover",
        given: "no --plan",
        wanted: "--plan; the plan names the commands that act, each of which asks first",
      });
    const plans = await withSession(invocation, "read", (ask, session) =>
      ask(planRecovery, refOf(invocation, session)),
    );
    terminal.result(plans);
    if (!terminal.json) terminal.say(recoveryText(plans, terminal.paint));
    return plans.every(({ way }) => way !== "impossible") ? ("done" as const) : ("failed" as const);
  },
});
