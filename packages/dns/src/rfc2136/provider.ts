import { randomInt } from "node:crypto";
import {
  addressTypes,
  type Clock,
  type DnsProvider,
  type DnsRecord,
  type DnsSettings,
  dnsRefused,
  plainRecord,
  sameRecords,
} from "@atoms/playbook";
import { decode } from "dns-packet";
import { exchange } from "./exchange.js";
import { questionMessage, updateMessage } from "./message.js";
import { sign, whyNotTrusted } from "./tsig.js";

const timeoutMs = 10_000;

/** What a server means by a code that is no success. */
const meaning: Record<string, string> = {
  FORMERR: "it does not understand the message",
  SERVFAIL: "it failed to do it (SERVFAIL): its log says why, e.g. that it may not write the zone's file",
  REFUSED: "it refuses (REFUSED): the key may not change this zone there",
  NOTAUTH: "it is not the primary server of the zone, or does not accept the key (NOTAUTH)",
  NOTZONE: "the name is not in the zone (NOTZONE)",
  NOTIMP: "it takes no dynamic updates (NOTIMP)",
};
/** The condition of an update was not met: records are there that should not be, or the other way round. */
const otherThanExpected = ["YXRRSET", "NXRRSET", "YXDOMAIN", "NXDOMAIN"];

/** Records of a zone that takes dynamic updates (RFC 2136), signed by a key (RFC 8945). The server compares and writes as one. */
export function updateDns(
  { zone, server, key }: DnsSettings & { kind: "rfc2136" },
  { clock }: { clock: Clock },
): DnsProvider {
  const where = `${server}, zone ${zone}`;
  const refused = (because: string, may = false) => dnsRefused({ where, because, may });

  /** @returns the answer, whose signature is right. @param acts The server may have acted when no answer comes. */
  const ask = async (message: (id: number) => Buffer, acts: boolean, signal: AbortSignal) => {
    const id = randomInt(65_536);
    const { signed, mac } = sign(message(id), key, Math.floor(clock.now() / 1_000));
    let raw: Buffer;
    try {
      raw = await exchange(server, signed, timeoutMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { message: because, sent } = error as Error & { sent?: boolean };
      throw refused(because, acts && sent === true);
    }
    let answer: ReturnType<typeof decode>;
    let untrusted: string | undefined;
    try {
      answer = decode(raw);
      untrusted = whyNotTrusted(raw, key, mac, Math.floor(clock.now() / 1_000));
    } catch {
      throw refused("its answer is not one that can be read", acts);
    }
    if (answer.id !== id || answer.type !== "response") throw refused("it answers another question", acts);
    if (untrusted !== undefined) throw refused(untrusted, acts && answer.rcode === "NOERROR");
    return answer;
  };

  const read = async (name: string, signal: AbortSignal): Promise<DnsRecord[]> => {
    const found: DnsRecord[] = [];
    for (const type of addressTypes) {
      const { rcode, answers } = await ask((id) => questionMessage(id, name, type), false, signal);
      if (rcode === "NXDOMAIN") return [];
      if (rcode !== "NOERROR") throw refused(meaning[rcode] ?? `it answers ${rcode}`);
      // With a CNAME comes what that leads to, under its name.
      for (const { type: is, name: of, ttl, data } of answers)
        if (is === type && of.toLowerCase() === name.toLowerCase())
          found.push(plainRecord({ type, value: String(data), ttl }));
    }
    return found;
  };

  return {
    where,
    read,
    async change({ name, was, to }, signal) {
      const found = await read(name, signal);
      if (sameRecords(found, to)) return { is: "so already" };
      if (!sameRecords(found, was)) return { is: "other", found };
      const { rcode } = await ask((id) => updateMessage(id, zone, name, was, to), true, signal);
      // Between the look and the update somebody was quicker; the server has done nothing.
      if (otherThanExpected.includes(rcode)) return { is: "other", found: await read(name, signal) };
      if (rcode !== "NOERROR") throw refused(meaning[rcode] ?? `it answers ${rcode}`);
      const back = await read(name, signal);
      return sameRecords(back, to) ? { is: "changed" } : { is: "other", found: back };
    },
  };
}
