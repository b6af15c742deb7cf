import { defineCommand } from "../command.js";

export const status = defineCommand({
  name: "status",
  summary: "Say what production serves, what is under way and what happened last",
  examples: ["atoms status", "atoms status --json | jq '.running.release.phase'"],
  async run(invocation) {
    const { statusCall } = await import("@atoms/control-plane/ask");
    const { refOf, withSession } = await import("../session.js");
    const { statusText } = await import("../views/status.js");
    const { terminal } = invocation;
    const value = await withSession(invocation, "read", (ask, session) =>
      ask(statusCall, refOf(invocation, session)),
    );
    terminal.result(value);
    if (!terminal.json) terminal.say(statusText(value, Date.now(), terminal.paint));
    return "done";
  },
});
