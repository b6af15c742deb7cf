import { defineCommand } from "../command.js";

export const plan = defineCommand({
  name: "plan",
  summary: "Say what a release would do, and why it might not go",
  args: ["[dir]"],
  options: [
    { flags: "--deployment <id|url>", summary: "as for `atoms deploy`" },
    { flags: "--strategy <name>", summary: "standard, blue-green or canary, instead of the playbook's" },
    { flags: "--now", summary: "as for `atoms deploy`" },
    { flags: "--skip <check>", summary: "as for `atoms deploy`", many: true },
    { flags: "--override-freeze <reason>", summary: "as for `atoms deploy`" },
    {
      flags: "--override-emergency-freeze <reason>",
      summary: "release although releases were frozen by `atoms emergency`",
    },
    {
      flags: "--override-incident <reason>",
      summary: "release although an incident is open, e.g. its remedy",
    },
    { flags: "--override-pin <reason>", summary: "as for `atoms deploy`" },
    { flags: "--markdown", summary: "Markdown for a pull request" },
  ],
  examples: [
    "atoms plan",
    "atoms plan --platform vercel --json | jq '.obstacles'",
    "atoms plan --markdown | gh pr comment --body-file -",
  ],
  async run(invocation) {
    const control = await import("@atoms/control-plane");
    const { strategyKinds } = await import("@atoms/playbook");
    const { builtDeployment } = await import("../built-deployment.js");
    const { gathered, oneOf, overridesIn } = await import("../options.js");
    const { refOf, withSession } = await import("../session.js");
    const { planText } = await import("../views/plan.js");
    const { planMarkdown } = await import("../views/plan-markdown.js");
    const { resolve } = await import("node:path");
    const { terminal, options } = invocation;
    const folder = invocation.args[0];
    const deployment = builtDeployment(options, folder);
    const strategy =
      typeof options["strategy"] === "string"
        ? oneOf(options["strategy"], "--strategy", strategyKinds)
        : undefined;
    const value = await withSession(invocation, "read", (ask, session) =>
      ask(control.plan, {
        ...refOf(invocation, session),
        now: options["now"] === true,
        overrides: overridesIn(options),
        ...(strategy === undefined ? {} : { strategy }),
        ...(deployment === undefined ? {} : { deployment }),
        skip: gathered(options["skip"]).map((name) => oneOf(name, "--skip", Object.keys(control.skippable))),
        ...(folder === undefined ? {} : { source: resolve(invocation.cwd, folder) }),
      }),
    );
    terminal.result(value);
    if (!terminal.json)
      terminal.say(options["markdown"] === true ? planMarkdown(value) : planText(value, terminal.paint));
    return value.obstacles.length > 0 ? "refused" : "done";
  },
});
