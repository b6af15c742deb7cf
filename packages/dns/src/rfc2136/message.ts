import { addressTypes, type DnsRecord } from "@atoms/playbook";
import { name as nameCodec, record as recordCodec } from "dns-packet";

const types = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, TSIG: 250 } as const;
const classes = { IN: 1, NONE: 254, ANY: 255 } as const;
const opcodes = { query: 0, update: 5 } as const;

const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A name as it stands in messages: never shortened, because signatures are over whole names in small letters. */
export const nameBytes = (name: string): Buffer => Buffer.from(nameCodec.encode(name.toLowerCase()));

const noData = u16(0);
const dataOf = ({ type, value }: DnsRecord) => Buffer.from(recordCodec(type).encode(value));

/** One record of a message. @param data With its length before it. */
export const recordBytes = (
  name: string,
  type: keyof typeof types,
  klass: keyof typeof classes,
  ttl: number,
  data: Buffer = noData,
): Buffer => Buffer.concat([nameBytes(name), u16(types[type]), u16(classes[klass]), u32(ttl), data]);

const message = (
  id: number,
  opcode: keyof typeof opcodes,
  sections: readonly (readonly Buffer[])[],
): Buffer =>
  Buffer.concat([
    u16(id),
    u16(opcodes[opcode] << 11),
    ...[0, 1, 2, 3].map((at) => u16(sections[at]?.length ?? 0)),
    ...sections.flat(),
  ]);

/** A question for records of one type. */
export const questionMessage = (id: number, name: string, type: DnsRecord["type"]): Buffer =>
  message(id, "query", [[Buffer.concat([nameBytes(name), u16(types[type]), u16(classes.IN)])]]);

/**
 * An update (RFC 2136): on the condition that the address records of a name are exactly `was`, they are replaced by `to`. The server
 * does it as one.
 */
export function updateMessage(
  id: number,
  zone: string,
  name: string,
  was: readonly DnsRecord[],
  to: readonly DnsRecord[],
): Buffer {
  const zoneSection = [Buffer.concat([nameBytes(zone), u16(types.SOA), u16(classes.IN)])];
  const conditions = addressTypes.flatMap((type) => {
    const there = was.filter((record) => record.type === type);
    // "RRset exists (value dependent)", and "RRset does not exist".
    return there.length === 0
      ? [recordBytes(name, type, "NONE", 0)]
      : there.map((record) => recordBytes(name, type, "IN", 0, dataOf(record)));
  });
  // What goes is deleted first: a name with a CNAME takes no other record.
  const gone = addressTypes
    .filter((type) => was.some((record) => record.type === type))
    .map((type) => recordBytes(name, type, "ANY", 0));
  const added = to.map((record) => recordBytes(name, record.type, "IN", record.ttl, dataOf(record)));
  return message(id, "update", [zoneSection, conditions, [...gone, ...added]]);
}
