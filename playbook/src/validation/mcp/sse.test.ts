import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type ServerSentEvent } from "./sse.js";

const event = (data: string, type = "message", id = ""): ServerSentEvent => ({ type, data, id });

describe("readEvents", () => {
  it.each([
    { name: "one line", stream: "data: a\n\n", events: [event("a")] },
    { name: "a type", stream: "event: tick\ndata: a\n\n", events: [event("a", "tick")] },
    { name: "several data lines", stream: "data: a\ndata: b\n\n", events: [event("a\nb")] },
    { name: "an empty data line", stream: "data\n\n", events: [event("")] },
    { name: "two empty data lines", stream: "data\ndata\n\n", events: [event("\n")] },
    { name: "only one space is taken off", stream: "data:  a\n\n", events: [event(" a")] },
    { name: "no space at all", stream: "data:a\n\n", events: [event("a")] },
    { name: "comments", stream: ": hello\ndata: a\n: bye\n\n", events: [event("a")] },
    { name: "CRLF", stream: "data: a\r\n\r\ndata: b\r\n\r\n", events: [event("a"), event("b")] },
    { name: "CR", stream: "data: a\r\rdata: b\r\r", events: [event("a"), event("b")] },
    { name: "a byte order mark", stream: "\uFEFFdata: a\n\n", events: [event("a")] },
    {
      name: "an id that stays",
      stream: "id: 7\ndata: a\n\ndata: b\n\n",
      events: [event("a", "message", "7"), event("b", "message", "7")],
    },
    { name: "an id with NUL, which is none", stream: "id: a\u0000b\ndata: a\n\n", events: [event("a")] },
    {
      name: "an event without data, which is none",
      stream: "event: tick\n\ndata: a\n\n",
      events: [event("a")],
    },
    { name: "unknown fields", stream: "retry: 10\nfoo: bar\ndata: a\n\n", events: [event("a")] },
    { name: "an event broken off", stream: "data: a\n\ndata: b\n", events: [event("a")] },
    { name: "a line broken off", stream: "data: a\n\ndata: b", events: [event("a")] },
    { name: "nothing", stream: "", events: [] },
  ])("$name", ({ stream, events }) => expect(readEvents(stream)).toEqual(events));

  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what an id must not hold
  const word = fc.string().map((text) => text.replace(/[\r\n\u0000\uFEFF]/g, ""));
  const line = fc.constantFrom("\n", "\r\n", "\r");
  const written = fc.record({
    type: word,
    lines: fc.array(word, { minLength: 1, maxLength: 4 }),
    comments: fc.array(word, { maxLength: 2 }),
    end: line,
  });

  it("reads back what was written, whatever the line ends and comments", () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 6 }), (events) => {
        const stream = events
          .map(({ type, lines, comments, end }) =>
            [
              ...comments.map((c) => `:${c}`),
              `event: ${type}`,
              ...lines.map((l) => `data: ${l}`),
              "",
              "",
            ].join(end),
          )
          .join("");
        expect(readEvents(stream)).toEqual(
          events.map(({ type, lines }) => event(lines.join("\n"), type === "" ? "message" : type)),
        );
      }),
    );
  });

  it("never throws, and a stream cut anywhere gives a beginning of its events", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("data", ":", " ", "\n", "\r", "x", "event", "id") }),
        fc.nat(),
        (stream, cut) => {
          const whole = readEvents(stream);
          // A cut between CR and LF of one line end makes two line ends of it only when the rest is added: not here.
          const part = readEvents(stream.slice(0, cut % (stream.length + 1)));
          expect(whole.slice(0, part.length)).toEqual(part);
        },
      ),
    );
  });
});
