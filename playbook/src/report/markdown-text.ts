import { visible } from "./markup.js";

/**
 * Text on one line that stays text: marks of Markdown and HTML are escaped, and a name after "@" or a number after "#"
 * draws nobody in and links nowhere.
 */
export function plain(text: string): string {
  return visible(text)
    .replace(/\s+/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_{}[\]|~!$]/g, "\\$&")
    .replace(/[@#]/g, "$&<!-- -->")
    .replace(/:\/\//g, ":<!-- -->//")
    .replace(/\bwww\./gi, "www<!-- -->.");
}

/** A name or an id between backquotes: whatever could end the quote is left out. */
export const code = (text: string): string => text.replace(/[^\w.-]/g, "");
