import { defineCommand } from "../command.js";

export const doctor = defineCommand({
  name: "doctor",
  summary: "Check what Atoms itself needs on this machine and for this playbook",
  examples: ["atoms doctor", "atoms doctor --json"],
  more: "Looks at Node.js, git, the disk, the playbook, the store and its ledger, the local cloud, the control plane. Changes nothing.",
  async run(invocation) {
    const { examine } = await import("../doctor/examine.js");
    const { endOfChecks, showFindings } = await import("../views/findings.js");
    return endOfChecks(invocation.terminal, await examine(invocation, showFindings(invocation.terminal)));
  },
});
