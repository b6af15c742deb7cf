/** One event of a `text/event-stream`. */
export type ServerSentEvent = {
  /** `message` when the stream names no type. */
  type: string;
  /** The data lines, joined by line feeds. */
  data: string;
  /** The last id the stream gave, up to this event. */
  id: string;
};

/**
 * Reads a whole event stream as the WHATWG HTML standard (server-sent events, 9.2.6) says: lines end in CR, LF or CRLF;
 * a line that starts with a colon is a comment; several data lines make one event; an event without data, or one that
 * the stream broke off before its empty line, is none.
 */
export function readEvents(stream: string): ServerSentEvent[] {
  const events: ServerSentEvent[] = [];
  let type = "";
  let data: string[] = [];
  let id = "";
  const lines = stream.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  // What follows the last line end is an unfinished line; it can complete no event.
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) events.push({ type: type === "" ? "message" : type, data: data.join("\n"), id });
      type = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") type = value;
    else if (field === "id" && !value.includes("\u0000")) id = value;
  }
  return events;
}
