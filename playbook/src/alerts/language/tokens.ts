import { formatPercentage, parseBytes, parseDuration } from "../../terms/index.js";
import type { Unit } from "../model.js";

/** A piece of a condition. `at` counts from 0 in UTF-16 units. */
export type Token = { at: number; text: string } & (
  | { kind: "name" | "text" | "sign" | "end" }
  | { kind: "literal"; unit: Unit; value: number }
);

/** What could not be read, and what was expected there. `at` counts from 0. */
export class Unreadable extends Error {
  constructor(
    readonly at: number,
    message: string,
    readonly word?: string,
    readonly known?: readonly string[],
  ) {
    super(message);
  }
}

const patterns = {
  space: /\s+/y,
  name: /[A-Za-z_][A-Za-z0-9_]*/y,
  // A number and the letters that cling to it; what they mean is looked at afterwards.
  number: /\d+(?:\.\d+)?(?:e[+-]?\d+(?![\w.]))?(?:\s*%|[A-Za-z_][\w.]*)?/y,
  text: /"[^"\n]*"|'[^'\n]*'/y,
  sign: />=|<=|==|!=|=~|!~|[-+*/(){},<>=!]/y,
};

/** Cuts a condition into pieces. @throws Unreadable for a sign or a unit that the language does not have. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const space = take(patterns.space);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const number = take(patterns.number);
    const name = take(patterns.name);
    const quoted = take(patterns.text);
    const sign = take(patterns.sign);
    const text = number ?? name ?? quoted ?? sign;
    if (text === undefined) {
      const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
      throw new Unreadable(
        at,
        character === '"' || character === "'"
          ? `expected a closing ${character}`
          : `expected a name, a number or a sign such as >, got ${JSON.stringify(character)}`,
      );
    }
    if (number !== undefined) tokens.push({ kind: "literal", at, text, ...literalOf(text, at) });
    else if (name !== undefined) tokens.push({ kind: "name", at, text });
    else if (quoted !== undefined) tokens.push({ kind: "text", at, text: text.slice(1, -1) });
    else tokens.push({ kind: "sign", at, text });
    at += text.length;
  }
  tokens.push({ kind: "end", at: source.trimEnd().length, text: "" });
  return tokens;
}

const units = "%, ms, s, m, h, d, B, KB, MB, GB, KiB, MiB, GiB";

function literalOf(text: string, at: number): { unit: Unit; value: number } {
  if (text.endsWith("%")) {
    const share = Number((Number.parseFloat(text) / 100).toPrecision(12));
    if (share <= 1) return { unit: "share", value: share };
    throw new Unreadable(at, `expected a percentage from 0% to 100%, got ${formatPercentage(share)}`);
  }
  const plain = Number(text);
  if (Number.isFinite(plain)) return { unit: "number", value: plain };
  const time = parseDuration(text);
  if (time !== undefined) return { unit: "time", value: time };
  const size = parseBytes(text);
  if (size !== undefined) return { unit: "size", value: size };
  throw new Unreadable(at, `expected a number with one of the units ${units}, got ${JSON.stringify(text)}`);
}
