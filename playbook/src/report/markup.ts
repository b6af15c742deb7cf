/** Text that is HTML already. Made by `html`, and from the constants of this folder; never from what was told. */
export class Markup {
  constructor(readonly text: string) {}
}

type Value = string | number | Markup | undefined | false | readonly Value[];

/** A template in which every value is escaped, unless it is markup itself. Undefined and false are nothing. */
export function html(fixed: TemplateStringsArray, ...values: Value[]): Markup {
  return new Markup(fixed.reduce((so, part, i) => so + shown(values[i - 1]) + part));
}

function shown(value: Value): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(shown).join("");
  return escaped(String(value));
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that may stand in an element or in a quoted attribute, and looks like what it is. */
export const escaped = (text: string): string =>
  visible(text).replace(/[&<>"']/g, (letter) => entities[letter] ?? letter);

// Control characters, and the marks that turn the direction of what follows: both make a text look like another.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are meant
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text with a visible sign for what cannot be seen. */
export const visible = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, "\ufffd").replace(unseen, "\ufffd");
