/** One value of the records that lead a name somewhere. */
export type DnsRecord = {
  type: "A" | "AAAA" | "CNAME";
  /** An address, or the name of a host without a dot at its end. */
  value: string;
  /** Seconds that resolvers may remember it. */
  ttl: number;
  /** Traffic goes through the provider itself, which answers with addresses of its own; left out where it cannot. */
  proxied?: boolean;
};

/** The types of records that lead a name somewhere: what is read and replaced as one. */
export const addressTypes = ["A", "AAAA", "CNAME"] as const satisfies readonly DnsRecord["type"][];

/** Whether a text can be the value of a record of that type. */
export function addressFits({ type, value }: Pick<DnsRecord, "type" | "value">): boolean {
  if (type === "A")
    return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(value) && value.split(".").every((part) => Number(part) < 256);
  if (type === "AAAA") return value.includes(":") && URL.canParse(`http://[${value}]`);
  return /^(?=.{1,254}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+\.?$/i.test(value);
}

/** A record as it is compared: names in small letters without the last dot, IPv6 in its short form. */
export function plainRecord<R extends Pick<DnsRecord, "type" | "value">>(record: R): R {
  const { type, value } = record;
  if (type === "CNAME") return { ...record, value: value.toLowerCase().replace(/\.$/, "") };
  if (type === "AAAA" && addressFits(record))
    return { ...record, value: new URL(`http://[${value}]`).hostname.slice(1, -1) };
  return record;
}

/** Whether two sets lead to the same place, whatever their order and how long they may be remembered. */
export function sameRecords(a: readonly DnsRecord[], b: readonly DnsRecord[]): boolean {
  const keys = (records: readonly DnsRecord[]) =>
    [
      ...new Set(
        records
          .map(plainRecord)
          .map(({ type, value, proxied }) => `${type} ${value}${proxied === true ? " proxied" : ""}`),
      ),
    ].sort();
  return keys(a).join("\n") === keys(b).join("\n");
}

/** A set of records in a few words. */
export const recordWords = (records: readonly Pick<DnsRecord, "type" | "value">[]): string =>
  records.length === 0 ? "no record" : records.map(({ type, value }) => `${type} ${value}`).join(", ");

/** The longest that a resolver may go on giving an answer that it has, in seconds. Cloudflare's 1 is "automatic", five minutes. */
export const longestTtl = (records: readonly DnsRecord[]): number =>
  Math.max(0, ...records.map(({ ttl }) => (ttl === 1 ? 300 : ttl)));
