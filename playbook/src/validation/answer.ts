import type { HttpResult } from "../terms/index.js";

/** An answer in a few words: its status, or why there was none. */
export function inWords(result: HttpResult): string {
  if (!result.answered) return result.message.replace(/\.$/, "");
  const kind = (result.headers["content-type"] ?? "").split(";")[0]?.trim();
  return `answered ${result.status}${kind ? ` (${kind})` : ""}`;
}

/** The answer's body as a JSON object; undefined when it is none. */
export function objectOf(result: HttpResult): Record<string, unknown> | undefined {
  if (!result.answered) return undefined;
  try {
    const value: unknown = JSON.parse(result.body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What stands at a dotted path, e.g. `checks.database.status`; undefined when nothing does. */
export function at(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((so, key) => (isObject(so) && Object.hasOwn(so, key) ? so[key] : undefined), value);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether the word is in the list, in any case. */
export function isOneOf(word: unknown, words: readonly string[]): boolean {
  return typeof word === "string" && words.some((one) => one.toLowerCase() === word.toLowerCase());
}

/** At most `length` characters on one line, for quoting what a service said. */
export function quoted(text: string, length = 160): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a service says must not steer a terminal
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
