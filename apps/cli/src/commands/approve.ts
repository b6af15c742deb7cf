import { defineCommand } from "../command.js";

export const approve = defineCommand({
  name: "approve",
  summary: "Approve the next step of a canary that waits for a person",
  args: ["[release]"],
  examples: ["atoms approve", "atoms approve rel_1jd0q… --json"],
  more: "It counts for the step that is watched now; proof of harm still goes back at once.",
  async run(invocation) {
    const { approve: verb } = await import("@atoms/control-plane");
    const { refOf, withSession } = await import("../session.js");
    const { terminal } = invocation;
    const release = await withSession(invocation, "act", (ask, session) =>
      ask(verb, {
        ...refOf(invocation, session),
        ...(invocation.args[0] === undefined ? {} : { release: invocation.args[0] }),
      }),
    );
    terminal.result({ release });
    terminal.say(`${release.id} may go on from ${Math.round(release.split * 100)} %.`);
    return "done";
  },
});
