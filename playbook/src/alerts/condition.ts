import { formatDuration, formatPercentage, parseDuration, parsePercentage } from "../terms/index.js";
import { type Condition, type Flag, flags, type Metric, metrics, type StateName, states } from "./model.js";

/**
 * What came of reading a condition. `column` counts from 1 within the condition's text; `word` is the one that is not
 * among the `known` ones, where that is the mistake.
 */
export type ReadCondition =
  | { ok: true; condition: Condition }
  | { ok: false; column: number; message: string; word?: string; known?: readonly string[] };

const quote = (words: readonly string[]) => words.join(", ");
const metricNames = Object.keys(metrics);
const stateNames = Object.keys(states);
const names = [...flags, ...metricNames, ...stateNames];

/**
 * Reads a condition: a fact (`health_check_failed`), a comparison with a unit (`error_rate > 1%`,
 * `p95_latency > 1000ms`) or a state (`deployment_status == failed`).
 * @returns The condition, or what was expected and where; never throws.
 */
export function readCondition(text: string): ReadCondition {
  const parts = /^(\s*)([A-Za-z_][A-Za-z0-9_]*)?(\s*)([<>=!]+)?(\s*)(.*?)\s*$/s.exec(text);
  const [, lead = "", name = "", gap = "", operator = "", gap2 = "", value = ""] = parts ?? [];
  const nameAt = lead.length + 1;
  const operatorAt = nameAt + name.length + gap.length;
  const valueAt = operatorAt + operator.length + gap2.length;
  const wrong = (column: number, message: string) => ({ ok: false as const, column, message });

  if (isFlag(name)) {
    if (operator === "" && value === "") return { ok: true, condition: { kind: "flag", flag: name } };
    return wrong(operatorAt, `${name} stands alone: it is true or not, for example "condition: ${name}"`);
  }
  if (isMetric(name)) {
    if (!isOrder(operator))
      return wrong(operatorAt, `expected >, >=, < or <= after ${name}, for example "${example(name)}"`);
    const limit = metrics[name] === "share" ? parsePercentage(value) : parseDuration(value);
    if (limit !== undefined)
      return { ok: true, condition: { kind: "compare", metric: name, operator, limit } };
    const wanted =
      metrics[name] === "share" ? "a percentage from 0% to 100%" : "a duration with its unit, such as 1000ms";
    return wrong(valueAt, `expected ${wanted} after ${operator}, for example "${example(name)}"`);
  }
  if (isState(name)) {
    if (operator !== "==" && operator !== "!=")
      return wrong(operatorAt, `expected == or != after ${name}, for example "${name} == failed"`);
    const known: readonly string[] = states[name];
    if (known.includes(value))
      return { ok: true, condition: { kind: "state", state: name, operator, value } };
    return {
      ...wrong(valueAt, `expected ${name} to be compared with one of ${quote(known)}`),
      word: value,
      known,
    };
  }
  if (name === "")
    return wrong(
      nameAt,
      `expected a fact or a metric, for example "error_rate > 1%"; known are ${quote(names)}`,
    );
  return {
    ...wrong(nameAt, `${name} is neither a fact nor a metric; known are ${quote(names)}`),
    word: name,
    known: names,
  };
}

/** Writes a condition as a person would; `readCondition` reads it back. */
export function writeCondition(condition: Condition): string {
  switch (condition.kind) {
    case "flag":
      return condition.flag;
    case "state":
      return `${condition.state} ${condition.operator} ${condition.value}`;
    case "compare": {
      const share = metrics[condition.metric] === "share";
      const limit = share ? formatPercentage(condition.limit) : formatDuration(condition.limit);
      return `${condition.metric} ${condition.operator} ${limit}`;
    }
  }
}

const isFlag = (name: string): name is Flag => (flags as readonly string[]).includes(name);
const isMetric = (name: string): name is Metric => Object.hasOwn(metrics, name);
const isState = (name: string): name is StateName => Object.hasOwn(states, name);
const isOrder = (text: string): text is ">" | ">=" | "<" | "<=" => [">", ">=", "<", "<="].includes(text);
const example = (metric: Metric) => `${metric} > ${metrics[metric] === "share" ? "1%" : "1000ms"}`;
