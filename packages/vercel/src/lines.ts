import { TooLarge } from "./bounded-text.js";

/** Longest line of a stream, in characters. */
const longestLine = 1024 * 1024;

/**
 * Cuts a byte stream into lines; empty ones are left out, a last one without an end counts.
 * @throws TooLarge when one line is longer than a mebibyte.
 */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw new TooLarge(`a line is longer than ${longestLine} characters`);
    for (const line of lines) if (line.trim() !== "") yield line;
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield rest;
}
