import { defineCommand } from "../command.js";

export const abort = defineCommand({
  name: "abort",
  summary: "End the running release safely",
  args: ["[release]"],
  options: [{ flags: "--because <reason>", summary: "why, for the ledger and the notices" }],
  examples: ["atoms abort", 'atoms abort --because "wrong branch"'],
  more: "Before traffic moved nothing changes for users; after it the release goes back to the deployment proven good before.",
  async run(invocation) {
    const { abortCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { followToTheEnd } = await import("../follow-to-the-end.js");
    const because = invocation.options["because"];
    return withSession(invocation, "act", async (ask, session) => {
      const release = await ask(abortCall, {
        ...refOf(invocation, session),
        because: typeof because === "string" ? because : "asked for by hand",
        ...(invocation.args[0] === undefined ? {} : { release: invocation.args[0] }),
      });
      const ended = await followToTheEnd(invocation, ask, session, release);
      // Ending it was what was asked for.
      return ended.state === "aborted" || ended.state === "rolled back" ? "done" : "failed";
    });
  },
});
