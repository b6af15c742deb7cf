import { defineCommand } from "../command.js";

export const demo = defineCommand({
  name: "demo",
  summary: "See it all on this machine: three real releases, the last of them bad and rolled back",
  options: [{ flags: "--keep", summary: "leave the folder with its store and playbook for a look" }],
  examples: ["atoms demo", "atoms demo --json", "atoms demo --keep"],
  more: "It takes about a minute, needs no account and no network, and leaves nothing running.",
  async run(invocation) {
    const { runDemo } = await import("../demo/run-demo.js");
    const { demoReport } = await import("../demo/report.js");
    const { terminal } = invocation;
    const run = await runDemo(invocation, invocation.options["keep"] === true);
    terminal.result({ demo: run });
    if (!terminal.json) terminal.say(demoReport(run, terminal.paint));
    return run.ledger.intact ? "done" : "failed";
  },
});
