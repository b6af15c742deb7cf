import type { DnsProvider, DnsRecord } from "@atoms/playbook";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const never = new AbortController().signal;
const a = (value: string): DnsRecord => ({ type: "A", value, ttl: 300 });
const before = [
  a("192.0.2.1"),
  a("192.0.2.2"),
  { type: "AAAA", value: "2001:db8::1", ttl: 300 } satisfies DnsRecord,
];
const standby: DnsRecord[] = [{ type: "CNAME", value: "standby.example.net", ttl: 60 }];

/** What every provider of records promises. @param world Gives one whose name has `before`, and sets records as somebody else would. */
export function dnsContract(
  kind: string,
  world: () => Promise<{
    name: string;
    provider: DnsProvider;
    set(records: readonly DnsRecord[]): Promise<void>;
    end(): Promise<void>;
  }>,
) {
  describe(`the records of a name, kept by ${kind}`, { timeout: 120_000 }, () => {
    let one: Awaited<ReturnType<typeof world>>;
    const sorted = (records: readonly DnsRecord[]) =>
      records.map(({ type, value, ttl }) => `${type} ${value} ${ttl}`).sort();
    const there = async () => sorted(await one.provider.read(one.name, never));
    const change = (was: readonly DnsRecord[], to: readonly DnsRecord[]) =>
      one.provider.change({ name: one.name, was, to, key: "rel_1" }, never);
    beforeEach(async () => {
      one = await world();
      await one.set(before);
    }, 90_000);
    afterEach(() => one?.end());

    it("are read as they are, with how long they may be remembered", async () => {
      expect(await there()).toEqual(sorted(before));
    });

    it("are replaced as one, and back again", async () => {
      expect(await change(before, standby)).toEqual({ is: "changed" });
      expect(await there()).toEqual(sorted(standby));
      expect(await change(standby, before)).toEqual({ is: "changed" });
      expect(await there()).toEqual(sorted(before));
    });

    it("are left alone when they are right already, however often it is tried", async () => {
      expect(await change(before, standby)).toEqual({ is: "changed" });
      expect(await change(before, standby)).toEqual({ is: "so already" });
      expect(await there()).toEqual(sorted(standby));
    });

    it("are left alone when somebody else has changed them", async () => {
      const others = [a("198.51.100.9")];
      await one.set(others);
      expect(await change(before, standby)).toMatchObject({
        is: "other",
        found: [{ value: "198.51.100.9" }],
      });
      expect(await there()).toEqual(sorted(others));
    });

    it("may be none, before or after", async () => {
      await one.set([]);
      expect(await there()).toEqual([]);
      expect(await change([], before)).toEqual({ is: "changed" });
      expect(await change(before, [])).toEqual({ is: "changed" });
      expect(await there()).toEqual([]);
    });
  });
}
