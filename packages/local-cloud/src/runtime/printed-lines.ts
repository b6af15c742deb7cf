import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

const LINE_MAX = 256 * 1024;

/** Cuts what a process prints into lines. A line above 256 KB is given out in pieces, so memory stays bounded. */
export async function* printedLines(stream: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.write(chunk as Buffer);
    let start = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
      yield rest.slice(start, rest[end - 1] === "\r" ? end - 1 : end);
      start = end + 1;
    }
    rest = rest.slice(start);
    while (rest.length > LINE_MAX) {
      yield rest.slice(0, LINE_MAX);
      rest = rest.slice(LINE_MAX);
    }
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}
