/** Largest answer that is read whole, in bytes. */
export const largestAnswer = 32 * 1024 * 1024;

/** A body that was larger than anybody expects. */
export class TooLarge extends Error {
  override readonly name = "TooLarge";
}

/**
 * Reads a body as UTF-8.
 * @throws TooLarge above `limit` bytes; what the body throws when it is cut.
 */
export async function boundedText(
  body: AsyncIterable<Uint8Array> | null,
  limit = largestAnswer,
): Promise<string> {
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw new TooLarge(`the answer is larger than ${limit} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
