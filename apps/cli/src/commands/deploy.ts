import { defineCommand } from "../command.js";

export const deploy = defineCommand({
  name: "deploy",
  summary: "Release a new version: check, back up, announce, deploy, validate, shift, watch",
  args: ["[dir]"],
  options: [
    { flags: "--env <KEY=VALUE>", summary: "variable of this deployment alone; may be repeated", many: true },
    {
      flags: "--deployment <id|url>",
      summary: "release this deployment as it is, built by whomever, instead of building one",
    },
    { flags: "--strategy <name>", summary: "standard, blue-green or canary, instead of the playbook's" },
    {
      flags: "--group <file>",
      summary: "release the services of a group file in its order, all or back",
    },
    { flags: "--now", summary: "send all notices at once instead of waiting for their times" },
    {
      flags: "--skip <check>",
      summary: "leave out a preflight check; written in the ledger; may be repeated",
      many: true,
    },
    {
      flags: "--override-freeze <reason>",
      summary: "release in a freeze window; the reason is kept in the ledger",
    },
    {
      flags: "--override-emergency-freeze <reason>",
      summary: "release although releases were frozen by `atoms emergency`",
    },
    {
      flags: "--override-incident <reason>",
      summary: "release although an incident is open, e.g. its remedy",
    },
    { flags: "--override-pin <reason>", summary: "release although somebody's rollback pins production" },
    { flags: "--dry-run", summary: "say what it would do, and do nothing (as `atoms plan`)" },
    { flags: "--resume", summary: "go on with a release that was interrupted" },
    { flags: "--detach", summary: "do not follow it; needs a control plane (`atoms up`)" },
  ],
  examples: [
    "atoms deploy",
    "atoms deploy services/shop --now",
    "atoms deploy --env FEATURE_X=on --skip tests",
    'atoms deploy --override-freeze "payments are down for everybody"',
    "atoms deploy --deployment dpl_3f9a",
    "atoms deploy --resume",
    "atoms deploy --group storefront.yaml",
    "atoms deploy --platform vercel --json > events.ndjson",
  ],
  more: "Ctrl-C asks whether to abort safely or to detach. With --json every line has a kind: that of a ledger entry, now for how it stands after it, and release for the last.",
  async run(invocation) {
    const { options, terminal } = invocation;
    if (options["dryRun"] === true) {
      const { plan } = await import("./plan.js");
      return plan.run(invocation);
    }
    const { builtDeployment } = await import("../built-deployment.js");
    const { gathered, oneOf, overridesIn, pairs } = await import("../options.js");
    const folder = invocation.args[0];
    const deployment = builtDeployment(options, folder);
    if (typeof options["group"] === "string") {
      const { deployGroup } = await import("../deploy-group.js");
      return deployGroup(invocation, options["group"]);
    }
    const control = await import("@atoms/control-plane");
    const { strategyKinds } = await import("@atoms/playbook");
    const { refOf, withSession } = await import("../session.js");
    const { followToTheEnd } = await import("../follow-to-the-end.js");
    const { endingOf } = await import("../views/state.js");
    const { detachNeedsControlPlane } = await import("../problems.js");
    const { resolve } = await import("node:path");
    const variables = pairs(options["env"], "--env");
    const skip = gathered(options["skip"]).map((name) =>
      oneOf(name, "--skip", Object.keys(control.skippable)),
    );
    const strategy =
      typeof options["strategy"] === "string"
        ? oneOf(options["strategy"], "--strategy", strategyKinds)
        : undefined;
    return withSession(invocation, "act", async (ask, session) => {
      const ref = refOf(invocation, session);
      if (options["detach"] === true && ask.from !== "control plane") throw detachNeedsControlPlane();
      const release =
        options["resume"] === true
          ? await ask(control.resume, ref)
          : await ask(control.deploy, {
              ...ref,
              variables,
              skip,
              overrides: overridesIn(options),
              now: options["now"] === true,
              ...(strategy === undefined ? {} : { strategy }),
              ...(deployment === undefined ? {} : { deployment }),
              ...(folder === undefined ? {} : { source: resolve(invocation.cwd, folder) }),
            });
      if (options["detach"] === true) {
        terminal.result({ kind: "release", release });
        terminal.say(`${release.id} is under way; \`atoms status\` shows it.`);
        return "done";
      }
      return endingOf(await followToTheEnd(invocation, ask, session, release));
    });
  },
});
