/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that a `range` header asks for (source: RFC 9110, 14). Null for the whole file: without a header, and for
 * one that is not understood or asks for several ranges, which a server may answer so.
 * @param size of the file, in bytes
 * @returns "none" when the file has nothing of the range
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | null | "none" {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  if (!match || match[0] === "bytes=-") return null;
  const [, first = "", last = ""] = match;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "none" : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return null;
  return start >= size ? "none" : { start, end };
}
