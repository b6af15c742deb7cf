import { formatDuration } from "../../terms/index.js";
import type { Matcher } from "../matchers.js";
import {
  type Condition,
  type Expression,
  flags,
  type Metric,
  metrics,
  type Order,
  type Selection,
  type SeriesName,
  type StateName,
  states,
  type Use,
  type WindowFunction,
  windowFunctions,
} from "../model.js";
import { type Token, tokensOf, Unreadable } from "./tokens.js";
import {
  afterWhole,
  exampleOf,
  isFlag,
  isMetric,
  longest,
  type Typed,
  typeOf,
  wanted,
  words,
} from "./types.js";

/**
 * What came of reading a condition. `column` counts from 1 within the condition's text, `line` and `columnInLine` are the
 * same place in a text of several lines; `word` is the one that is not among the `known` ones, where that is the mistake.
 */
export type ReadCondition =
  | { ok: true; condition: Condition }
  | {
      ok: false;
      column: number;
      line: number;
      columnInLine: number;
      message: string;
      word?: string;
      known?: readonly string[];
    };

const metricNames = Object.keys(metrics);
const stateNames = Object.keys(states);
const functionNames: readonly string[] = [...windowFunctions, "burn_rate"];
const names: readonly string[] = [...flags, ...metricNames, ...stateNames];
const keywords: readonly string[] = ["and", "or", "not", "slo"];
const orders: readonly string[] = [">", ">=", "<", "<=", "==", "!="];
/** Deeper than anybody writes by hand; it keeps a machine-made text from exhausting the stack. */
const deepest = 100;

/**
 * Reads a condition: facts (`health_check_failed`), comparisons with units (`error_rate > 1%`), states
 * (`deployment_status == failed`), windows (`avg(error_rate, 5m)`), burn rates, arithmetic, `and`, `or`, `not` and
 * parentheses.
 * @returns The condition, or what was expected and where; never throws.
 */
export function readCondition(text: string): ReadCondition {
  try {
    return { ok: true, condition: new Reader(text).condition() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const before = text.slice(0, error.at);
    return {
      ok: false,
      column: error.at + 1,
      line: before.split("\n").length,
      columnInLine: error.at - before.lastIndexOf("\n"),
      message: error.message,
      ...(error.word === undefined ? {} : { word: error.word }),
      ...(error.known === undefined ? {} : { known: error.known }),
    };
  }
}

/** Recursive descent, loosest binding first; types are checked on the way, while places are at hand. */
class Reader {
  readonly #tokens: readonly Token[];
  readonly #uses: Use[] = [];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  condition(): Condition {
    if (this.#here.kind === "end")
      throw new Unreadable(
        0,
        `expected a fact or a metric, for example "error_rate > 1%"; known are ${names.join(", ")}`,
      );
    const whole = this.#or();
    const rest = this.#here;
    if (rest.kind !== "end") throw new Unreadable(rest.at, afterWhole(whole, rest));
    return { expression: this.#truth(whole), uses: this.#uses };
  }

  get #here(): Token {
    // biome-ignore lint/style/noNonNullAssertion: the last token is the end, and nothing goes beyond it
    return this.#tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#here;
    if (token.kind !== "end") this.#next += 1;
    return token;
  }

  #takeIf(...texts: string[]): Token | undefined {
    const token = this.#here;
    return (token.kind === "name" || token.kind === "sign") && texts.includes(token.text)
      ? this.#take()
      : undefined;
  }

  #expect(sign: string, where: string): void {
    if (this.#takeIf(sign) === undefined) throw new Unreadable(this.#here.at, `expected ${sign} ${where}`);
  }

  #or(): Typed {
    let left = this.#and();
    while (this.#takeIf("or")) {
      const right = this.#and();
      left = {
        node: { kind: "or", left: this.#truth(left), right: this.#truth(right) },
        type: "truth",
        at: left.at,
      };
    }
    return left;
  }

  #and(): Typed {
    let left = this.#not();
    while (this.#takeIf("and")) {
      const right = this.#not();
      left = {
        node: { kind: "and", left: this.#truth(left), right: this.#truth(right) },
        type: "truth",
        at: left.at,
      };
    }
    return left;
  }

  #not(): Typed {
    const { at } = this.#here;
    if (!this.#takeIf("not")) return this.#comparison();
    return this.#deeper(() => ({ node: { kind: "not", of: this.#truth(this.#not()) }, type: "truth", at }));
  }

  #comparison(): Typed {
    const left = this.#sum();
    const token = this.#here;
    if (token.kind !== "sign" || !orders.includes(token.text)) return left;
    if (left.type === "truth")
      throw new Unreadable(
        token.at,
        left.node.kind === "flag"
          ? `${left.node.of.series} stands alone: it is true or not, for example "condition: ${left.node.of.series}"`
          : "expected and, or, or the end: what stands before is true or not and cannot be compared",
      );
    this.#take();
    const operator = token.text as Order;
    const about = left.node.kind === "metric" ? left.node.of.series : undefined;
    if ((operator === "==" || operator === "!=") && left.type !== "number")
      throw new Unreadable(
        token.at,
        `expected >, >=, < or <= after ${about ?? `a ${words[left.type]}`}: measurements are hardly ever exactly equal`,
      );
    const at = this.#here.at;
    if (this.#here.kind === "end" || this.#here.kind === "text" || this.#isBare(this.#here))
      throw new Unreadable(at, wanted(left.type, operator, about));
    const right = this.#sum();
    if (right.type !== left.type) throw new Unreadable(right.at, wanted(left.type, operator, about, right));
    return {
      node: { kind: "compare", operator, left: left.node, right: right.node },
      type: "truth",
      at: left.at,
    };
  }

  /** A word that can't begin a value. */
  #isBare(token: Token): boolean {
    return token.kind === "name" && !names.includes(token.text) && !functionNames.includes(token.text);
  }

  #sum(): Typed {
    let left = this.#product();
    for (let sign = this.#takeIf("+", "-"); sign !== undefined; sign = this.#takeIf("+", "-"))
      left = this.#combine(left, sign, this.#product());
    return left;
  }

  #product(): Typed {
    let left = this.#unary();
    for (let sign = this.#takeIf("*", "/"); sign !== undefined; sign = this.#takeIf("*", "/"))
      left = this.#combine(left, sign, this.#unary());
    return left;
  }

  #combine(left: Typed, sign: Token, right: Typed): Typed {
    const operator = sign.text as "+" | "-" | "*" | "/";
    const type = typeOf(left.type, operator, right.type);
    if (type === undefined)
      throw new Unreadable(
        sign.at,
        `expected values that go together: a ${words[left.type]} ${operator} a ${words[right.type]} means nothing`,
      );
    return { node: { kind: "arithmetic", operator, left: left.node, right: right.node }, type, at: left.at };
  }

  #unary(): Typed {
    const minus = this.#takeIf("-");
    if (minus === undefined) return this.#primary();
    return this.#deeper(() => {
      const of = this.#unary();
      if (of.type === "truth") throw new Unreadable(of.at, "expected a number after -");
      return { node: { kind: "negative", of: of.node }, type: of.type, at: minus.at };
    });
  }

  #primary(): Typed {
    const token = this.#here;
    if (token.kind === "literal") {
      this.#take();
      return {
        node: { kind: "literal", unit: token.unit, value: token.value },
        type: token.unit,
        at: token.at,
      };
    }
    if (this.#takeIf("("))
      return this.#deeper(() => {
        const inner = this.#or();
        this.#expect(")", "to close the parenthesis");
        return { ...inner, at: token.at };
      });
    if (
      token.kind === "name" &&
      functionNames.includes(token.text) &&
      this.#tokens[this.#next + 1]?.text === "("
    )
      return this.#call(this.#take());
    if (token.kind === "name" && !keywords.includes(token.text)) return this.#named();
    throw new Unreadable(
      token.at,
      `expected a fact or a metric, for example "error_rate > 1%"${token.text === "" ? "" : `, got ${JSON.stringify(token.text)}`}`,
    );
  }

  #named(): Typed {
    const of = this.#selection(names, "neither a fact nor a metric");
    const { at } = of;
    const selection: Selection = { series: of.series, where: of.where };
    if (isFlag(of.series)) return { node: { kind: "flag", of: selection }, type: "truth", at };
    if (isMetric(of.series)) return { node: { kind: "metric", of: selection }, type: metrics[of.series], at };
    return this.#state(selection as Selection & { series: StateName }, at);
  }

  #state(of: Selection & { series: StateName }, at: number): Typed {
    const operator = this.#takeIf("==", "!=");
    if (operator === undefined)
      throw new Unreadable(
        this.#here.at,
        `expected == or != after ${of.series}, for example "${of.series} == failed"`,
      );
    const value = this.#here;
    const known: readonly string[] = states[of.series];
    if ((value.kind !== "name" && value.kind !== "text") || !known.includes(value.text))
      throw new Unreadable(
        value.at,
        `expected ${of.series} to be compared with one of ${known.join(", ")}`,
        value.text,
        known,
      );
    this.#take();
    return {
      node: { kind: "state", of, operator: operator.text as "==" | "!=", value: value.text },
      type: "truth",
      at,
    };
  }

  #call(name: Token): Typed {
    this.#take();
    const burn = name.text === "burn_rate";
    const wantedSeries = burn
      ? metricNames.filter((one) => one === "success_rate" || one === "error_rate")
      : name.text === "count"
        ? [...metricNames, ...flags]
        : metricNames;
    const { at: _at, ...of } = this.#selection(wantedSeries, `not a metric that ${name.text} takes`);
    this.#expect(
      ",",
      `and then ${burn ? "slo and its objective" : "a window"}, for example "${exampleOf(name.text)}"`,
    );
    const objective = burn ? this.#objective() : 0;
    if (burn) this.#expect(",", `and then a window, for example "${exampleOf(name.text)}"`);
    const range = this.#range(name.text);
    this.#expect(")", `to close ${name.text}(`);
    if (burn) return { node: { kind: "burn", of, objective, range }, type: "number", at: name.at };
    const asked = name.text as WindowFunction;
    const type = asked === "count" || asked === "rate" ? "number" : metrics[of.series as Metric];
    if (asked === "rate" && metrics[of.series as Metric] !== "number")
      throw new Unreadable(
        name.at,
        `expected a counter such as errors_total in rate(…), got ${of.series}, a ${words[metrics[of.series as Metric]]}; use avg(${of.series}, …)`,
      );
    return { node: { kind: "window", function: asked, of, range }, type, at: name.at };
  }

  #objective(): number {
    if (this.#takeIf("slo") === undefined)
      throw new Unreadable(
        this.#here.at,
        `expected slo and its objective, for example "${exampleOf("burn_rate")}"`,
      );
    const token = this.#take();
    if (token.kind !== "literal" || token.unit !== "share" || token.value <= 0 || token.value >= 1)
      throw new Unreadable(token.at, "expected an objective above 0% and below 100%, such as 99.9%");
    return token.value;
  }

  #range(name: string): number {
    const token = this.#take();
    if (token.kind !== "literal" || token.unit !== "time" || token.value <= 0 || token.value > longest)
      throw new Unreadable(
        token.at,
        `expected a window from 1ms to ${formatDuration(longest)}, for example "${exampleOf(name)}"`,
      );
    return token.value;
  }

  #selection(known: readonly string[], mistake: string): Selection & { at: number } {
    const token = this.#take();
    if (token.kind !== "name" || !known.includes(token.text))
      throw new Unreadable(
        token.at,
        token.kind === "name"
          ? `${token.text} is ${mistake}; known are ${known.join(", ")}`
          : `expected one of ${known.join(", ")}`,
        token.text,
        known,
      );
    const series = token.text as SeriesName;
    const where = this.#takeIf("{") === undefined ? [] : this.#matchers();
    this.#uses.push({ series, where, column: token.at + 1 });
    return { series, where, at: token.at };
  }

  #matchers(): Matcher[] {
    const found: Matcher[] = [];
    do {
      const label = this.#take();
      if (label.kind !== "name")
        throw new Unreadable(label.at, 'expected a label and its value, for example {monitor="api"}');
      const operator = this.#takeIf("=", "!=", "=~", "!~");
      if (operator === undefined)
        throw new Unreadable(this.#here.at, `expected =, !=, =~ or !~ after ${label.text}`);
      const value = this.#take();
      if (value.kind !== "text")
        throw new Unreadable(value.at, `expected a text in quotes, for example {${label.text}="api"}`);
      found.push({ label: label.text, operator: operator.text as Matcher["operator"], value: value.text });
    } while (this.#takeIf(","));
    this.#expect("}", "to close the labels");
    return found;
  }

  #truth(one: Typed): Expression {
    if (one.type === "truth") return one.node;
    // Where a lone measurement ends is where the comparison is missing.
    const about = one.node.kind === "metric" ? one.node.of.series : `a ${words[one.type]}`;
    const example = one.node.kind === "metric" ? one.node.of.series : "error_rate";
    throw new Unreadable(
      this.#here.at,
      `expected >, >=, < or <= after ${about}, for example "${example} > ${exampleOf(one.type)}"`,
    );
  }

  #deeper<T>(work: () => T): T {
    this.#depth += 1;
    if (this.#depth > deepest)
      throw new Unreadable(
        this.#here.at,
        `expected at most ${deepest} parentheses and signs within each other`,
      );
    const found = work();
    this.#depth -= 1;
    return found;
  }
}
