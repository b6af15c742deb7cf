import { addressNotUsable } from "./problems.js";

/**
 * Reads an address as a person types it. Without a scheme it is https, or http for this machine's own names.
 * @returns The base address, without a trailing slash.
 * @throws addressNotUsable (ATM-402).
 */
export function readAddress(text: string): string {
  const given = text.trim();
  const refuse = (because: string) => addressNotUsable({ given: withoutSecrets(given), because });
  if (given === "") throw refuse("it is empty");
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(given);
  const local = /^(?:[^/:]*\.)?localhost(?:[:/]|$)|^127\.|^\[::1\]/i.test(given);
  const url = parse(hasScheme ? given : `${local ? "http" : "https"}://${given}`);
  if (url === undefined) throw refuse("it is not an address");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refuse(`${url.protocol}// is neither http nor https`);
  if (url.username !== "" || url.password !== "")
    throw refuse("a name or password does not belong in an address");
  if (url.search !== "" || url.hash !== "") throw refuse("a base address has no ? and no #");
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

// An address with a password in it must not be quoted back into a log.
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//…@").replace(/([?#]).*$/, "$1…");
}
