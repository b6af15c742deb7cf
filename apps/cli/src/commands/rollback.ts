import { defineCommand } from "../command.js";

export const rollback = defineCommand({
  name: "rollback",
  summary: "Point production back at a deployment that was proven good",
  args: ["[deployment]"],
  options: [{ flags: "--because <reason>", summary: "why, for the ledger and the notices" }],
  examples: [
    "atoms rollback",
    "atoms rollback dpl_8fk2 --yes",
    'atoms rollback --because "error rate since 10:20" --json --yes',
  ],
  more: "Without a deployment it goes to the last one proven good. A release that is under way is aborted, which brings its traffic back.",
  async run(invocation) {
    const { rollbackCall, statusCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { followToTheEnd } = await import("../follow-to-the-end.js");
    const { confirm } = await import("../terminal/ask.js");
    const { endingOf } = await import("../views/state.js");
    const because = invocation.options["because"];
    const to = invocation.args[0];
    return withSession(invocation, "act", async (ask, session) => {
      const ref = refOf(invocation, session);
      if (!invocation.yes) {
        const now = await ask(statusCall, ref);
        const serving =
          "unknown" in now.production ? "what cannot be read" : (now.production.deployment?.id ?? "nothing");
        await confirm(
          invocation.terminal,
          `Production of ${now.service} serves ${serving}. Point it back at ${to ?? "the last deployment proven good"}?`,
        );
      }
      const { release, how } = await ask(rollbackCall, {
        ...ref,
        because: typeof because === "string" ? because : "asked for by hand",
        ...(to === undefined ? {} : { to }),
      });
      const ended = await followToTheEnd(invocation, ask, session, release);
      if (how === "abort")
        return ended.state === "aborted" || ended.state === "rolled back" ? "done" : "failed";
      return endingOf(ended);
    });
  },
});
