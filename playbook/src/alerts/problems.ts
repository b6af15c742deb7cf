import { defineProblem } from "../terms/index.js";

/** ATM-870 */
export const noSuchAlert = defineProblem<{ alert: string }>({
  code: "ATM-870",
  title: "No such alert",
  happened: (a) => `There is no alert ${a.alert}.`,
  fix: () => "`atoms alerts` lists those that are there; `--all` also those that are over.",
  ending: "usage",
});

/** ATM-871 */
export const alertOver = defineProblem<{ alert: string; state: string }>({
  code: "ATM-871",
  title: "The alert does not fire",
  happened: (a) => `${a.alert} is ${a.state}: only an alert that fires can be acknowledged.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`atoms silence add` keeps quiet what has not fired yet.",
  ending: "refused",
});

/** ATM-872 */
export const noSuchSilence = defineProblem<{ silence: string }>({
  code: "ATM-872",
  title: "No such silence",
  happened: (a) => `There is no silence ${a.silence}.`,
  fix: () => "`atoms silence list` lists those in force; `--all` also those that have ended.",
  ending: "usage",
});

/** ATM-873 */
export const silenceOver = defineProblem<{ silence: string }>({
  code: "ATM-873",
  title: "The silence has ended",
  happened: (a) => `${a.silence} has ended already.`,
  stillTrue: () => "Nothing was changed.",
  fix: () => "`atoms silence add` makes a new one.",
  ending: "refused",
});

/** ATM-874 */
export const matcherUnreadable = defineProblem<{ given: string }>({
  code: "ATM-874",
  title: "A matcher was not understood",
  happened: (a) =>
    `${JSON.stringify(a.given)} is no matcher; expected a label, one of =, !=, =~ and !~, and a value.`,
  fix: () =>
    "For example rule=high_latency, severity!=critical or 'rule=~high_*|slow_*'; * and | belong after =~ and !~. Labels are rule, severity, service, environment, monitor and the rule's own.",
  ending: "usage",
});

/** ATM-875 */
export const silencesEverything = defineProblem({
  code: "ATM-875",
  title: "The silence would match every alert",
  happened: () => "None of its matchers asks for anything that an alert could lack.",
  stillTrue: () => "No silence was added.",
  fix: () => "Name what is to be quiet, for example rule=high_latency or monitor=api.",
  ending: "refused",
});

/** ATM-876 */
export const ruleTestsMistaken = defineProblem<{ file: string; mistakes: string }>({
  code: "ATM-876",
  title: "The rule tests have mistakes",
  happened: (a) => `${a.file} could not be understood:\n${a.mistakes}`,
  fix: () => "playbook/src/alerts/README.md shows what a file of rule tests says.",
  ending: "usage",
});

/** ATM-877 */
export const evaluationStopped = defineProblem<{ since: string }>({
  code: "ATM-877",
  title: "Alerts are not being evaluated",
  happened: (a) => `The last evaluation of the alert rules was ${a.since} ago.`,
  stillTrue: () => "Alerts that fired before are kept; nothing new fires meanwhile.",
  fix: () => "Look into .atoms/logs/control-plane.log; `atoms down`, then `atoms up` starts it anew.",
});

/** ATM-878 */
export const rulesWithoutSeries = defineProblem<{ rules: string }>({
  code: "ATM-878",
  title: "Rules that could never fire",
  happened: (a) => `Nobody gives what these rules read:\n${a.rules}`,
  stillTrue: () => "The other rules are evaluated.",
  fix: () => "Set up a monitor that measures it, or take the rule out.",
});
