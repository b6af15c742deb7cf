import { type Expression, type Flag, flags, type Metric, metrics, type Unit } from "../model.js";
import type { Token } from "./tokens.js";
import { writeValue } from "./write.js";

// What goes with what, and how a mistake is told.

/** An expression, what it gives, and where it begins. */
export type Typed = { node: Expression; type: Unit | "truth"; at: number };

/** The longest window: samples are not kept for longer. */
export const longest = 30 * 86_400_000;

export const words = { share: "share", time: "time", size: "size", number: "number", truth: "fact" } as const;

export function typeOf(left: Unit | "truth", operator: string, right: Unit | "truth"): Unit | undefined {
  if (left === "truth" || right === "truth") return undefined;
  if (operator === "+" || operator === "-") return left === right ? left : undefined;
  if (operator === "/") return left === right ? "number" : right === "number" ? left : undefined;
  if (left === "number") return right;
  return right === "number" ? left : left === "share" ? right : right === "share" ? left : undefined;
}

export const limits = {
  share: "a percentage from 0% to 100%",
  time: "a duration with its unit, such as 1000ms",
  size: "a size with its unit, such as 512MiB",
  number: "a number without a unit",
} as const;

export function wanted(
  type: Unit | "truth",
  operator: string,
  about: string | undefined,
  got?: Typed,
): string {
  if (type === "truth") return "expected the end";
  const example = about === undefined ? "" : `, for example "${about} ${operator} ${exampleOf(type)}"`;
  const given =
    got === undefined
      ? ""
      : got.node.kind === "literal"
        ? `, got ${writeValue(got.node.value, got.node.unit)}`
        : `, got a ${words[got.type]}`;
  return `expected ${limits[type]} after ${operator}${example}${given}`;
}

export function exampleOf(name: string): string {
  switch (name) {
    case "share":
      return "1%";
    case "time":
      return "1000ms";
    case "size":
      return "512MiB";
    case "number":
      return "3";
    case "burn_rate":
      return "burn_rate(success_rate, slo 99.9%, 1h)";
    case "rate":
      return "rate(errors_total, 5m)";
    case "count":
      return "count(health_check_failed, 5m)";
    default:
      return `${name}(${name.startsWith("p") ? "latency_ms" : "error_rate"}, 5m)`;
  }
}

export function afterWhole(whole: Typed, rest: Token): string {
  const got = `got ${JSON.stringify(rest.text)}`;
  if (rest.text === "&&") return `expected and, ${got}`;
  if (whole.node.kind === "flag")
    return `expected and, or, or the end after ${whole.node.of.series}, which stands alone; ${got}`;
  return whole.type === "truth"
    ? `expected and, or, or the end, ${got}`
    : `expected >, >=, < or <= after the ${words[whole.type]}, ${got}`;
}

export const isFlag = (name: string): name is Flag => (flags as readonly string[]).includes(name);
export const isMetric = (name: string): name is Metric => Object.hasOwn(metrics, name);
