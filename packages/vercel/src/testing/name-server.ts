import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";

const types: Record<string, number> = { A: 1, NS: 2, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 };

/** What the server does about a question, by `TYPE name`: records, an error code of RFC 1035, silence, or nonsense. */
export type NameTable = Record<string, readonly string[] | number | "silence" | "nonsense">;

/** A name server on loopback that speaks RFC 1035 over UDP, for tests. Names that it has not are 3 (no such name). */
export async function nameServer(table: NameTable) {
  const socket: Socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (query, from) => {
    const { question, name, type } = questionIn(query);
    const about = `${type} ${name}`;
    asked.push(about);
    const known = table[about] ?? 3;
    if (known === "silence") return;
    if (known === "nonsense") {
      socket.send(Buffer.from("nonsense"), from.port, from.address);
      return;
    }
    const [code, records] = typeof known === "number" ? [known, []] : [0, known];
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | code, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const answers = records.map((text) => recordOf(type, text));
    socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
  });
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise<void>((closed) => socket.close(() => closed())),
  };
}

function questionIn(query: Buffer): { question: Buffer; name: string; type: string } {
  const labels: string[] = [];
  let at = 12;
  while ((query[at] ?? 0) > 0) {
    const length = query[at] ?? 0;
    labels.push(query.subarray(at + 1, at + 1 + length).toString());
    at += 1 + length;
  }
  const code = query.readUInt16BE(at + 1);
  const type = Object.entries(types).find(([, value]) => value === code)?.[0] ?? String(code);
  return { question: query.subarray(12, at + 5), name: labels.join(".").toLowerCase(), type };
}

/** A record that belongs to the question's name, good for a minute. */
function recordOf(type: string, text: string): Buffer {
  const data = dataOf(type, text);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(types[type] ?? 1, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function dataOf(type: string, text: string): Buffer {
  if (type === "A") return Buffer.from(text.split(".").map(Number));
  if (type === "AAAA") {
    const [left = "", right = ""] = text.split("::");
    const groups = (part: string) =>
      part === "" ? [] : part.split(":").map((one) => Number.parseInt(one, 16));
    const [head, tail] = [groups(left), groups(right)];
    const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
    return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
  }
  if (type === "TXT") return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  if (type === "MX") {
    const [priority = "0", name = ""] = text.split(" ");
    return Buffer.concat([Buffer.from([0, Number(priority)]), nameOf(name)]);
  }
  return nameOf(text);
}

const nameOf = (name: string) =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
