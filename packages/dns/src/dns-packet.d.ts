/** What is used of it; its own declarations leave out the parts that messages of RFC 2136 are put together from. */
declare module "dns-packet" {
  type Part<T> = { encode(value: T): Buffer; decode: { (buffer: Buffer, offset: number): T; bytes: number } };
  type Question = { type: string; name: string };
  type Answer = { type: string; name: string; ttl: number; data: unknown };
  export const name: Part<string>;
  /** The data of a record, with its length before it. */
  export function record(type: string): Part<unknown>;
  export function decode(message: Buffer): {
    id: number;
    type: "query" | "response";
    rcode: string;
    questions: Question[];
    answers: Answer[];
  };
  export const AUTHORITATIVE_ANSWER: number;
  export function encode(message: {
    id: number;
    type: "query" | "response";
    flags: number;
    questions: Question[];
    answers: Answer[];
  }): Buffer;
}
