import fc from "fast-check";
import { expect, it } from "vitest";
import { headerValue } from "./generation-2026.js";

it.each([
  ["look_up", "look_up"],
  ["two words", "two words"],
  ["", "=?base64??="],
  [" edge", "=?base64?IGVkZ2U=?="],
  ["grüß", "=?base64?Z3LDvMOf?="],
  ["=?base64?eA==?=", "=?base64?PT9iYXNlNjQ/ZUE9PT89?="],
])("%j is sent as %s", (value, sent) => expect(headerValue(value)).toBe(sent));

it("fits in a header and can be read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (value) => {
      const sent = headerValue(value);
      expect(sent).toMatch(/^[\t\x20-\x7e]+$/);
      const wrapped = /^=\?base64\?(.*)\?=$/.exec(sent);
      const read = wrapped ? Buffer.from(wrapped[1] ?? "", "base64").toString("utf8") : sent;
      expect(read).toBe(value);
    }),
  );
});
