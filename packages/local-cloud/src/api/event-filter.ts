/** What an event has to offer to a filter. */
export type FilterFields = Readonly<Record<string, string | number | boolean | null>>;

type Test = (fields: FilterFields) => boolean;

/** The text is no filter; the message says where it went wrong. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

const TOKEN =
  /\s*(?:(\()|(\))|(AND|OR|NOT)\b|(>=|<=|!=|:|=|>|<)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s()"':=<>!]+))/y;

interface Token {
  readonly kind: "(" | ")" | "word" | "operator" | "value";
  readonly text: string;
}

/**
 * Reads a filter such as `(deploymentId:"dpl_x") AND (NOT pathType:"background_func") AND (httpStatus >= 500)`. A field
 * the event does not have fits nothing, so `NOT` of it fits.
 * @throws FilterError
 */
export function eventFilter(text: string): Test {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = () => tokens[at];
  const take = () => tokens[at++];

  const either = (): Test => {
    let left = both();
    while (peek()?.text === "OR" && peek()?.kind === "word") {
      take();
      const [a, b] = [left, both()];
      left = (fields) => a(fields) || b(fields);
    }
    return left;
  };
  const both = (): Test => {
    let left = one();
    while (peek() && peek()?.kind !== ")" && !(peek()?.kind === "word" && peek()?.text === "OR")) {
      if (peek()?.kind === "word") take();
      const [a, b] = [left, one()];
      left = (fields) => a(fields) && b(fields);
    }
    return left;
  };
  const one = (): Test => {
    const token = take();
    if (token?.kind === "(") {
      const inner = either();
      if (take()?.kind !== ")") throw new FilterError("A bracket is not closed.");
      return inner;
    }
    if (token?.kind === "word" && token.text === "NOT") {
      const inner = one();
      return (fields) => !inner(fields);
    }
    const operator = take();
    const value = take();
    if (token?.kind !== "value" || operator?.kind !== "operator" || value?.kind !== "value") {
      throw new FilterError(`A comparison is expected at "${token?.text ?? "the end"}".`);
    }
    return comparison(token.text, operator.text, value.text);
  };

  if (tokens.length === 0) return () => true;
  const test = either();
  if (at < tokens.length) throw new FilterError(`"${peek()?.text}" is not expected there.`);
  return test;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new FilterError(`"${text.slice(at, at + 20)}" is not understood.`);
    at = TOKEN.lastIndex;
    const [, open, close, word, operator, double, single, bare] = match;
    if (open) tokens.push({ kind: "(", text: open });
    else if (close) tokens.push({ kind: ")", text: close });
    else if (word) tokens.push({ kind: "word", text: word });
    else if (operator) tokens.push({ kind: "operator", text: operator });
    else tokens.push({ kind: "value", text: (double ?? single ?? bare ?? "").replace(/\\(.)/g, "$1") });
  }
  return tokens;
}

function comparison(field: string, operator: string, value: string): Test {
  return (fields) => {
    const found = fields[field];
    if (found === undefined || found === null) return operator === "!=";
    const [a, b] = [Number(found), Number(value)];
    switch (operator) {
      case ">":
        return a > b;
      case "<":
        return a < b;
      case ">=":
        return a >= b;
      case "<=":
        return a <= b;
      case "!=":
        return !equal(found, value);
      default:
        return equal(found, value);
    }
  };
}

/** `*` stands for anything. */
function equal(found: string | number | boolean, value: string): boolean {
  if (!value.includes("*")) return String(found).toLowerCase() === value.toLowerCase();
  const pattern = value.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${pattern.join(".*")}$`, "i").test(String(found));
}
