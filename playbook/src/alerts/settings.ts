import { z } from "zod";
import { Duration, Percentage, PositiveDuration } from "../terms/index.js";
import { readCondition } from "./language/index.js";
import { readMatcher } from "./matchers.js";
import { actions, type Condition, missingPolicies, severities } from "./model.js";

/** The words of a condition, read into a `Condition`. A mistake carries its column, and the unknown word, in `params`. */
export const ConditionText = z
  .string()
  .max(4_000)
  .meta({
    examples: [
      "error_rate > 1%",
      "p95_latency > 1000ms",
      "health_check_failed",
      "deployment_status == failed",
      "avg(error_rate, 5m) > 1% and not health_check_failed",
    ],
  })
  .transform((text, context): Condition => {
    const read = readCondition(text);
    if (read.ok) return read.condition;
    const { column, line, columnInLine, message, word, known } = read;
    context.addIssue({
      code: "custom",
      message: line > 1 ? `line ${line}, column ${columnInLine} of the condition: ${message}` : message,
      params: { ...(line > 1 ? {} : { column }), word, known },
    });
    return z.NEVER;
  });

const RuleName = z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, {
  error: "expected a name of small letters, digits and _, such as high_error_rate",
});
const Actions = z.array(z.enum(actions)).min(1);
const LabelName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, { error: "expected a label of small letters, digits and _, such as team" });
const ownLabels = ["rule", "severity", "service", "environment", "monitor"];

const MatcherText = z
  .string()
  .meta({ examples: ["severity=critical", "rule=~high_*"] })
  .transform((text, context) => {
    const matcher = readMatcher(text);
    if (matcher !== undefined) return matcher;
    context.addIssue({
      code: "custom",
      message: `expected a label, =, !=, =~ or !~ and a value, such as severity=critical, got ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });

/** The share of good answers that is promised, and what its slow burns set off. */
export const SloSettings = z.strictObject({
  metric: z
    .enum(["success_rate", "error_rate"])
    .default("success_rate")
    .describe("What the objective is about; error_rate counts against it."),
  monitor: z.string().min(1).optional().describe("Monitor that measures it; needed where several do."),
  objective: Percentage.refine((share) => share > 0 && share < 1, {
    error: "expected an objective above 0% and below 100%, such as 99.9%",
  }).describe("Share of good answers that is promised over 30 days."),
  slow: z
    .strictObject({
      severity: z.enum(severities).default("medium").describe("How loud the two slow burns are."),
      actions: Actions.default(["slack_notification"]).describe("What the two slow burns set off."),
    })
    .prefault({})
    .describe("For burns that can wait for the morning: 3 times over 1 d and 2 h, once over 3 d and 6 h."),
});

/** One rule: when to raise the alarm, how loud, and what follows. */
export const AlertRule = z
  .strictObject({
    name: RuleName.describe("Name of the rule, unique in the playbook."),
    condition: ConditionText.optional().describe(
      "What must be so: a fact, or a metric compared with a limit that has a unit. This or slo.",
    ),
    slo: SloSettings.optional().describe(
      "In place of a condition: the four burn rates of the SRE workbook. They become the rules <name>_1h (14.4 times), <name>_6h (6), <name>_1d (3) and <name>_3d (1); severity and actions are those of the first two.",
    ),
    clear: ConditionText.optional().describe(
      "Once firing, it resolves only when this holds, e.g. a lower limit. Left out: when the condition no longer holds.",
    ),
    duration: Duration.default(0).describe(
      "How long it must stay so before the alert fires; 0s fires at once. Prometheus calls it `for`.",
    ),
    keep_firing_for: Duration.default(0).describe(
      "How long it must no longer be so before the alert resolves.",
    ),
    severity: z.enum(severities).describe("How loud it is; also chooses the channel."),
    actions: Actions.describe("What the alert sets off, in this order."),
    missing: z
      .enum(missingPolicies)
      .default("ok")
      .describe(
        "While samples are missing: ok takes it as not so, as Prometheus does; keep leaves the alert as it is; alert takes it as so.",
      ),
    during_release: z
      .enum(["watch", "mute"])
      .default("watch")
      .describe("mute keeps it quiet while a release is under way; it is evaluated all the same."),
    labels: z
      .record(LabelName, z.string().min(1).max(200))
      .default({})
      .refine((labels) => !ownLabels.some((name) => name in labels), {
        error: `expected labels of your own: ${ownLabels.join(", ")} are set by Atoms`,
      })
      .describe(
        "Labels of its alerts, for silences and inhibition, beside rule, severity, service, environment and monitor.",
      ),
    summary: z
      .string()
      .min(1)
      .max(500)
      .optional()
      .describe("What it means and where to look first; part of every message."),
  })
  .superRefine((rule, context) => {
    if ((rule.condition === undefined) === (rule.slo === undefined))
      context.addIssue({
        code: "custom",
        path: rule.slo === undefined ? [] : ["condition"],
        message:
          rule.slo === undefined
            ? "expected a condition, such as error_rate > 1%, or an slo"
            : "expected either condition or slo, got both",
      });
    if (rule.slo !== undefined && rule.clear !== undefined)
      context.addIssue({
        code: "custom",
        path: ["clear"],
        message: "expected no clear beside slo: its short windows end an alert soon after the burn ends",
      });
  });
export type AlertRule = z.output<typeof AlertRule>;

/** All rules of the playbook. */
export const AlertRules = z
  .array(AlertRule)
  .max(20_000)
  .superRefine((rules, context) => {
    const seen = new Set<string>();
    rules.forEach((rule, index) => {
      const names =
        rule.slo === undefined ? [rule.name] : ["1h", "6h", "1d", "3d"].map((one) => `${rule.name}_${one}`);
      for (const name of names) {
        if (seen.has(name))
          context.addIssue({
            code: "custom",
            path: [index, "name"],
            message: `expected every rule to have its own name, but ${name} is taken by an earlier one`,
          });
        seen.add(name);
      }
    });
  });
export type AlertRules = z.output<typeof AlertRules>;

/** How alerts are evaluated, gathered and told. */
export const AlertingSettings = z.strictObject({
  interval: PositiveDuration.default(5_000)
    .refine((ms) => ms >= 1_000, { error: "expected at least 1s" })
    .describe("Between two evaluations of all rules."),
  group_by: z
    .array(z.string().regex(/^[a-z][a-z0-9_]*$/))
    .default(["rule"])
    .describe("Labels; alerts that have them in common share a message."),
  group_interval: PositiveDuration.default(300_000).describe(
    "How long news of alerts that share a message waits after the last one.",
  ),
  repeat_every: PositiveDuration.default(14_400_000).describe(
    "How often an alert that keeps firing is told again, until somebody acknowledges it.",
  ),
  silence_reminder: PositiveDuration.default(600_000).describe(
    "How long before a silence ends people are told what still fires under it; at most half of the silence.",
  ),
  inhibit: z
    .array(
      z.strictObject({
        source: z.array(MatcherText).min(1).describe("While an alert fires that matches these labels …"),
        target: z.array(MatcherText).min(1).describe("… alerts that match these are told to nobody …"),
        equal: z.array(z.string()).default([]).describe("… as long as both have these labels in common."),
      }),
    )
    .default([])
    .describe("Alerts that keep others quiet."),
  rollback_guard: PositiveDuration.default(1_800_000).describe(
    "How long after its end auto_rollback may still take a release back.",
  ),
  mute_at_most: PositiveDuration.default(3_600_000).describe(
    "The longest that a release keeps its muted rules quiet.",
  ),
  watchdog_after: PositiveDuration.default(60_000)
    .refine((ms) => ms >= 10_000, { error: "expected at least 10s" })
    .describe("How long evaluation may stand still before that is an alert itself."),
});
export type AlertingSettings = z.output<typeof AlertingSettings>;
