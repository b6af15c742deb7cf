import { defineCommand, type Invocation } from "../command.js";

const verbs = ["list", "show", "ack", "check", "test"] as const;

export const alerts = defineCommand({
  name: "alerts",
  summary: "List alerts, acknowledge them, check the rules, and run tests of rules",
  args: ["[what]", "[which...]"],
  options: [
    { flags: "--all", summary: "list: also alerts that are over" },
    { flags: "--limit <n>", summary: "list: how many", default: "100" },
  ],
  examples: [
    "atoms alerts",
    "atoms alerts show alert_service_down_api_mg1k2j3h",
    "atoms alerts ack service_down",
    "atoms alerts check",
    "atoms alerts test alert-tests.yaml --json",
  ],
  more: [
    "list      what is pending or firing (the default)",
    "show ID   one alert: what was measured, who was told, what it set off",
    "ack ID…   you have it: quiet until it is over; the name of a rule means all that fire of it",
    "check     what every rule is evaluated on, and which could never fire",
    "test FILE runs tests of rules on series such as 0+1x10 (playbook/src/alerts/README.md)",
  ].join("\n"),
  async run(invocation) {
    const { oneOf, optionMistaken } = await import("../options.js");
    const [first, which] = invocation.args as [string | undefined, string[] | undefined];
    const what = oneOf(first ?? "list", "what", verbs);
    const named = which ?? [];
    const [one] = named;
    if ((what === "list" || what === "check") && one !== undefined)
      throw optionMistaken({ option: what, given: one, wanted: "nothing more" });
    switch (what) {
      case "list":
        return list(invocation);
      case "check":
        return check(invocation);
      case "show":
        if (one === undefined || named.length > 1)
          throw optionMistaken({ option: what, given: named.join(" "), wanted: "the id of one alert" });
        return show(invocation, one);
      case "ack":
        if (one === undefined)
          throw optionMistaken({
            option: what,
            given: "",
            wanted: "the id of an alert or the name of a rule",
          });
        return acknowledge(invocation, named);
      case "test":
        if (one === undefined || named.length > 1)
          throw optionMistaken({ option: what, given: named.join(" "), wanted: "one file of rule tests" });
        return test(invocation, one);
    }
  },
});

async function list(invocation: Invocation) {
  const { listAlertsCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { wholeNumber } = await import("../options.js");
  const { alertsText } = await import("../views/alerts.js");
  const { terminal, options } = invocation;
  const found = await withSession(invocation, "read", (ask, session) =>
    ask(listAlertsCall, {
      ...refOf(invocation, session),
      all: options["all"] === true,
      limit: wholeNumber(options["limit"], "--limit", 1, 1_000),
    }),
  );
  terminal.result(found);
  if (!terminal.json) terminal.say(alertsText(found, Date.now(), terminal.paint));
  return "done" as const;
}

async function show(invocation: Invocation, alert: string) {
  const { showAlertCall } = await import("@atoms/control-plane/ask");
  const { withSession } = await import("../session.js");
  const { alertText } = await import("../views/alerts.js");
  const { terminal } = invocation;
  const found = await withSession(invocation, "read", (ask) => ask(showAlertCall, { alert }));
  terminal.result(found);
  if (!terminal.json) terminal.say(alertText(found, Date.now(), terminal.paint));
  return "done" as const;
}

async function acknowledge(invocation: Invocation, which: readonly string[]) {
  const { acknowledgeAlertCall } = await import("@atoms/control-plane/ask");
  const { refOf, withSession } = await import("../session.js");
  const { terminal } = invocation;
  const done = await withSession(invocation, "act", async (ask, session) => {
    const all = [];
    for (const alert of which)
      all.push(...(await ask(acknowledgeAlertCall, { ...refOf(invocation, session), alert })));
    return all;
  });
  terminal.result(done);
  for (const alert of done)
    terminal.say(`${alert.id} is ${alert.acknowledgedBy}'s now, and quiet until it is over.`);
  return "done" as const;
}

async function check(invocation: Invocation) {
  const { checkAlerts } = await import("@atoms/control-plane");
  const { refOf, withSession } = await import("../session.js");
  const { rulesText } = await import("../views/alerts.js");
  const { terminal } = invocation;
  const rules = await withSession(invocation, "read", (ask, session) =>
    ask(checkAlerts, refOf(invocation, session)),
  );
  terminal.result(rules);
  if (!terminal.json) terminal.say(rulesText(rules, terminal.paint));
  return rules.some(({ gaps }) => gaps.length > 0) ? ("failed" as const) : ("done" as const);
}

async function test(invocation: Invocation, file: string) {
  const { resolve } = await import("node:path");
  const control = await import("@atoms/control-plane");
  const { terminal } = invocation;
  // Rules alone are needed: neither a control plane nor a store is asked.
  const results = await control.testRules(resolve(invocation.cwd, file), async () => {
    const playbook = control.findPlaybook(invocation.cwd, invocation.playbook);
    const { settings } = await control.readSettings(playbook, invocation.env, invocation.platform);
    return control.alertRulesOf(settings);
  });
  terminal.result(results);
  const { paint } = terminal;
  for (const result of results) {
    terminal.say(`${result.passed ? paint.green("✓") : paint.red("✗")} ${result.name}`);
    for (const line of result.because) terminal.say(`    ${line}`);
    if (!result.passed) for (const line of result.timelines) terminal.say(paint.dim(`    ${line}`));
  }
  const failed = results.filter(({ passed }) => !passed).length;
  terminal.say(
    failed === 0 ? `All ${results.length} tests pass.` : `${failed} of ${results.length} tests fail.`,
  );
  return failed === 0 ? ("done" as const) : ("failed" as const);
}
