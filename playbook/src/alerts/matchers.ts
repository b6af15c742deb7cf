/** One condition on a label. `=~` and `!~` take `*` for any text and `|` between alternatives. */
export type Matcher = { label: string; operator: "=" | "!=" | "=~" | "!~"; value: string };

const shape = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"([^"]*)"|(.*?))\s*$/s;

/** Reads `monitor=api`, `severity!=low` or `rule=~high_*|slow_*`; a `*` or `|` after `=` needs quotes. @returns undefined when it is none. */
export function readMatcher(text: string): Matcher | undefined {
  const found = shape.exec(text);
  if (found === null) return undefined;
  const [, label = "", operator = "=", quoted, bare = ""] = found;
  const value = quoted ?? bare;
  // Without quotes a value that begins with an operator's sign is a slip, such as `rule==x`; so is a pattern after `=`.
  if (quoted === undefined && (value === "" || /^[=~"]/.test(value))) return undefined;
  if (quoted === undefined && !operator.endsWith("~") && /[*|]/.test(value)) return undefined;
  return { label, operator: operator as Matcher["operator"], value };
}

/** Writes a matcher; `readMatcher` reads it back. */
export const writeMatcher = ({ label, operator, value }: Matcher): string =>
  (operator.endsWith("~") ? /^[\w.:/#@*|-]+$/ : /^[\w.:/#@-]+$/).test(value)
    ? `${label}${operator}${value}`
    : `${label}${operator}"${value}"`;

/** Says whether every matcher holds for the labels; a label that is not there is empty. */
export function matches(
  matchers: readonly Matcher[],
  labels: { readonly [name: string]: string | undefined },
): boolean {
  return matchers.every((matcher) => holdsFor(matcher, labels[matcher.label] ?? ""));
}

function holdsFor(matcher: Matcher, have: string): boolean {
  switch (matcher.operator) {
    case "=":
      return have === matcher.value;
    case "!=":
      return have !== matcher.value;
    case "=~":
      return fits(matcher, have);
    case "!~":
      return !fits(matcher, have);
  }
}

type Alternatives = readonly (readonly string[])[];
const taken = new WeakMap<Matcher, Alternatives>();

/** A pattern's alternatives, each as its literal parts between the `*`; one part alone is the whole text. Taken apart once. */
export function alternativesOf(matcher: Matcher): Alternatives {
  const known = taken.get(matcher);
  if (known !== undefined) return known;
  const alternatives = matcher.value.split("|").map((one) => one.replaceAll(".*", "*").split("*"));
  taken.set(matcher, alternatives);
  return alternatives;
}

const fits = (matcher: Matcher, text: string) => alternativesOf(matcher).some((one) => fitsOne(one, text));

/** Literal parts in their order, the first at the beginning and the last at the end: linear, whatever the pattern. */
function fitsOne(parts: readonly string[], text: string): boolean {
  const [first = ""] = parts;
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  const last = parts.at(-1) ?? "";
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] ?? "";
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
