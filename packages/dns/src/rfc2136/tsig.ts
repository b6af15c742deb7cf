import { createHmac, timingSafeEqual } from "node:crypto";
import { name as nameCodec } from "dns-packet";
import { nameBytes, recordBytes } from "./message.js";

/** A key that two sides share. */
export type TsigKey = {
  name: string;
  algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  /** In base64. */
  secret: string;
};

/** Seconds that two clocks may differ. */
const fudge = 300;
const tsigType = 250;

const time = (seconds: number) => {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(seconds, 0, 6);
  return bytes;
};
const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
const withLength = (data: Buffer) => Buffer.concat([u16(data.length), data]);

/** What is signed besides the message itself (RFC 8945, 4.3.3): class ANY and a time to live of 0 among it. */
const variables = (key: TsigKey, signedAt: Buffer, error: number, other: Buffer) =>
  Buffer.concat([
    nameBytes(key.name),
    Buffer.from([0, 255, 0, 0, 0, 0]),
    nameBytes(key.algorithm),
    signedAt,
    u16(fudge),
    u16(error),
    withLength(other),
  ]);

const macOf = (key: TsigKey, ...parts: Buffer[]) =>
  createHmac(key.algorithm.replace("hmac-", ""), Buffer.from(key.secret, "base64"))
    .update(Buffer.concat(parts))
    .digest();

/** Signs a message. @param seconds Since the epoch. @returns it with its signature, and that alone for the answer's. */
export function sign(message: Buffer, key: TsigKey, seconds: number): { signed: Buffer; mac: Buffer } {
  const none = Buffer.alloc(0);
  const mac = macOf(key, message, variables(key, time(seconds), 0, none));
  const data = Buffer.concat([
    nameBytes(key.algorithm),
    time(seconds),
    u16(fudge),
    withLength(mac),
    message.subarray(0, 2),
    u16(0),
    withLength(none),
  ]);
  const signed = Buffer.concat([message, recordBytes(key.name, "TSIG", "ANY", 0, withLength(data))]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return { signed, mac };
}

const errors: Record<number, string> = {
  16: "it does not accept the signature (BADSIG): the key's secret or algorithm is another one there",
  17: "it does not know the key (BADKEY)",
  18: "the clock here and the one there differ by more than five minutes (BADTIME)",
};

/**
 * Judges the signature of an answer.
 * @param mac Of the question. @returns why it is not to be trusted, in a few words; undefined when it is.
 */
export function whyNotTrusted(
  answer: Buffer,
  key: TsigKey,
  mac: Buffer,
  seconds: number,
): string | undefined {
  const found = signatureOf(answer);
  if (found === undefined) return "its answer is not signed";
  const { before, algorithm, signedAt, digest, error, other, original } = found;
  if (error !== 0 && error !== 18) return errors[error] ?? `it answers with the error ${error} of signatures`;
  const unsigned = Buffer.from(before);
  original.copy(unsigned, 0);
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  const right = macOf(key, withLength(mac), unsigned, variables(key, signedAt, error, other));
  if (algorithm !== key.algorithm || digest.length !== right.length || !timingSafeEqual(digest, right))
    return "the signature of its answer is wrong";
  if (error !== 0) return errors[error];
  return Math.abs(signedAt.readUIntBE(0, 6) - seconds) > fudge ? errors[18] : undefined;
}

/** Takes the signature off a message: its last record. @throws RangeError for a message that is cut. */
function signatureOf(message: Buffer) {
  const [questions, ...records] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  let at = 12;
  const skipName = () => {
    nameCodec.decode(message, at);
    at += nameCodec.decode.bytes;
  };
  for (let i = 0; i < (questions ?? 0); i++) {
    skipName();
    at += 4;
  }
  let last = -1;
  let type = 0;
  let data = at;
  for (let i = records.reduce((sum, one) => sum + one, 0); i > 0; i--) {
    last = at;
    skipName();
    type = message.readUInt16BE(at);
    data = at + 10;
    at = data + message.readUInt16BE(at + 8);
  }
  if (type !== tsigType) return undefined;
  const algorithm = nameCodec.decode(message, data).toLowerCase();
  at = data + nameCodec.decode.bytes;
  const bytes = (count: number) => {
    if (at + count > message.length) throw new RangeError("a signature that is cut");
    at += count;
    return message.subarray(at - count, at);
  };
  const signedAt = bytes(6);
  bytes(2);
  const digest = bytes(bytes(2).readUInt16BE());
  const original = bytes(2);
  const error = bytes(2).readUInt16BE();
  const other = bytes(bytes(2).readUInt16BE());
  return { before: message.subarray(0, last), algorithm, signedAt, digest, error, other, original };
}
