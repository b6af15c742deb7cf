import { z } from "zod";
import { Duration } from "../terms/index.js";
import { readCondition } from "./condition.js";
import { actions, type Condition, severities } from "./model.js";

/** The words of a condition, read into a `Condition`. A mistake carries its column, and the unknown word, in `params`. */
export const ConditionText = z
  .string()
  .meta({
    examples: [
      "error_rate > 1%",
      "p95_latency > 1000ms",
      "health_check_failed",
      "deployment_status == failed",
    ],
  })
  .transform((text, context): Condition => {
    const read = readCondition(text);
    if (read.ok) return read.condition;
    const { column, message, word, known } = read;
    context.addIssue({ code: "custom", message, params: { column, word, known } });
    return z.NEVER;
  });

/** One rule: when to raise the alarm, how loud, and what follows. */
export const AlertRule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, {
      error: "expected a name of small letters, digits and _, such as high_error_rate",
    })
    .describe("Name of the rule, unique in the playbook."),
  condition: ConditionText.describe(
    "What must be so: a fact, or a metric compared with a limit that has a unit.",
  ),
  duration: Duration.default(0).describe(
    "How long it must stay so before the alert fires; 0s fires at once.",
  ),
  severity: z.enum(severities).describe("How loud it is; also chooses the channel."),
  actions: z.array(z.enum(actions)).min(1).describe("What the alert sets off, in this order."),
});
export type AlertRule = z.output<typeof AlertRule>;

/** All rules of the playbook. */
export const AlertRules = z.array(AlertRule).superRefine((rules, context) => {
  const seen = new Set<string>();
  rules.forEach((rule, index) => {
    if (seen.has(rule.name))
      context.addIssue({
        code: "custom",
        path: [index, "name"],
        message: `expected every rule to have its own name, but ${rule.name} is taken by an earlier one`,
      });
    seen.add(rule.name);
  });
});
export type AlertRules = z.output<typeof AlertRules>;
