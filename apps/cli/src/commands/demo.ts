import { defineCommand } from "../command.js";

export const demo = defineCommand({
  name: "demo",
  summary: "See it all on this machine: three real releases, the last of them bad and rolled back",
  options: [
    {
      flags: "--canary",
      summary: "two more releases, in steps under statistical watch: a good one and a bad one",
    },
    { flags: "--keep", summary: "leave the folder with its store and playbook for a look" },
  ],
  examples: ["atoms demo", "atoms demo --canary", "atoms demo --json", "atoms demo --keep"],
  more: "It takes about a minute, needs no account and no network, and leaves nothing running.",
  async run(invocation) {
    const { runDemo } = await import("../demo/run-demo.js");
    const { demoReport } = await import("../demo/report.js");
    const { terminal } = invocation;
    const run = await runDemo(invocation, {
      keep: invocation.options["keep"] === true,
      canary: invocation.options["canary"] === true,
    });
    terminal.result({ demo: run });
    if (!terminal.json) terminal.say(demoReport(run, terminal.paint));
    return run.ledger.intact ? "done" : "failed";
  },
});
