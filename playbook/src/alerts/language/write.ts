import { formatBytes, formatDuration, formatPercentage } from "../../terms/index.js";
import type { Matcher } from "../matchers.js";
import type { Expression, Selection, Unit } from "../model.js";

/** Writes a number with its unit, as a person would. */
export function writeValue(value: number, unit: Unit): string {
  switch (unit) {
    case "share":
      return formatPercentage(value);
    case "time":
      return formatDuration(value);
    case "size":
      return formatBytes(value);
    case "number":
      return String(Number(value.toPrecision(12)));
  }
}

/** How tightly a kind of expression binds; the looser one within a tighter one needs parentheses. */
const strength = (one: Expression): number => {
  switch (one.kind) {
    case "or":
      return 1;
    case "and":
      return 2;
    case "not":
      return 3;
    case "compare":
    case "state":
      return 4;
    case "arithmetic":
      return one.operator === "+" || one.operator === "-" ? 5 : 6;
    case "negative":
      return 7;
    default:
      return 8;
  }
};

/** Writes a condition as a person would; `readCondition` reads it back. */
export function writeExpression(one: Expression): string {
  const inner = (part: Expression, least: number) =>
    strength(part) < least ? `(${writeExpression(part)})` : writeExpression(part);
  const own = strength(one);
  switch (one.kind) {
    case "literal":
      return writeValue(one.value, one.unit);
    case "flag":
    case "metric":
      return writeSelection(one.of);
    case "state":
      return `${writeSelection(one.of)} ${one.operator} ${one.value}`;
    case "window":
      return `${one.function}(${writeSelection(one.of)}, ${formatDuration(one.range)})`;
    case "burn":
      return `burn_rate(${writeSelection(one.of)}, slo ${formatPercentage(one.objective)}, ${formatDuration(one.range)})`;
    case "not":
      return `not ${inner(one.of, own)}`;
    case "negative":
      return `-${inner(one.of, own)}`;
    case "and":
    case "or":
      return `${inner(one.left, own)} ${one.kind} ${inner(one.right, own + 1)}`;
    case "compare":
      return `${inner(one.left, own + 1)} ${one.operator} ${inner(one.right, own + 1)}`;
    case "arithmetic":
      return `${inner(one.left, own)} ${one.operator} ${inner(one.right, own + 1)}`;
  }
}

const writeSelection = ({ series, where }: Selection) =>
  where.length === 0 ? series : `${series}{${where.map(writeLabel).join(", ")}}`;

const writeLabel = ({ label, operator, value }: Matcher) =>
  value.includes('"') ? `${label}${operator}'${value}'` : `${label}${operator}"${value}"`;
