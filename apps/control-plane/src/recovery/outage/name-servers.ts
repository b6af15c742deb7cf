import { lookup as systemAddress } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import {
  type DnsRecord,
  type Names,
  type OutageSettings,
  plainRecord,
  recordWords,
  sameRecords,
} from "@atoms/playbook";
import { lookupLoopback } from "@atoms/vercel";

const askMs = 3_000;
const mostServers = 4;

/** Splits `host:port`; no port when it has none. */
function partsOf(server: string): { host: string; port: string } {
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:]+))(:\d+)?$/.exec(server) ?? [];
  return { host: bracketed ?? bare ?? server, port: port ?? "" };
}

/** A name server by its address: whoever asks it cannot ask for its name first. */
async function byAddress(server: string): Promise<string[]> {
  const { host, port } = partsOf(server);
  const found = isIP(host) === 0 ? await systemAddress(host).catch(() => undefined) : { address: host };
  if (found === undefined) return [];
  return [`${isIP(found.address) === 6 ? `[${found.address}]` : found.address}${port}`];
}

/**
 * The authoritative name servers of the name that users go by: those of the playbook, the server that takes updates, else those that
 * the machine's resolver names for the zone.
 * @returns addresses; none when nobody knows them.
 */
export async function nameServersOf(
  { dns, name_servers }: OutageSettings,
  names: Names,
  signal: AbortSignal,
): Promise<string[]> {
  if (dns === undefined) return [];
  const given = name_servers.length > 0 ? name_servers : dns.kind === "rfc2136" ? [dns.server] : [];
  if (given.length > 0) return (await Promise.all(given.map(byAddress))).flat();
  for (let zone = dns.name; zone.includes("."); zone = zone.slice(zone.indexOf(".") + 1)) {
    const found = await names.resolve({ name: zone, record: "NS", timeoutMs: askMs }, signal);
    if (found.found) return (await Promise.all(found.records.slice(0, mostServers).map(byAddress))).flat();
  }
  return [];
}

/** What one name server says of a name. @param server Undefined for those of the machine. */
export async function recordsAt(
  names: Names,
  name: string,
  server: string | undefined,
  signal: AbortSignal,
): Promise<{ answered: true; records: DnsRecord[] } | { answered: false; because: string }> {
  const records: DnsRecord[] = [];
  let because = "";
  // A CNAME first: with it, whoever asks for addresses is told those of the other name.
  for (const type of ["CNAME", "A", "AAAA"] as const) {
    const found = await names.resolve({ name, record: type, server, timeoutMs: askMs }, signal);
    if (found.found) records.push(...found.records.map((value) => plainRecord({ type, value, ttl: 0 })));
    else if (!/has no |does not exist/.test(found.message)) because = found.message;
    if (type === "CNAME" && records.length > 0) break;
  }
  return because === "" || records.length > 0 ? { answered: true, records } : { answered: false, because };
}

/** Whether a name server says what it should. Of records whose traffic goes through the provider it is only asked that there are some. */
export async function askServer(
  names: Names,
  name: string,
  server: string,
  wanted: readonly DnsRecord[],
  signal: AbortSignal,
): Promise<{ server: string; right: boolean; says: string }> {
  const found = await recordsAt(names, name, server, signal);
  if (!found.answered) return { server, right: false, says: found.because.replace(/\.$/, "") };
  const right = wanted.some(({ proxied }) => proxied === true)
    ? found.records.length > 0
    : sameRecords(found.records, wanted);
  return { server, right, says: recordWords(found.records) };
}

/** Finds one name by given name servers, and every other as the machine does. */
export function lookupBy(names: Names, name: string, servers: readonly string[]): LookupFunction {
  const never = new AbortController().signal;
  return (hostname, options, found) => {
    if (hostname.toLowerCase() !== name.toLowerCase() || servers.length === 0)
      return lookupLoopback(hostname, options, found as never);
    (async () => {
      for (const server of servers) {
        const said = await recordsAt(names, name, server, never);
        if (!said.answered || said.records.length === 0) continue;
        const [first] = said.records;
        if (first?.type === "CNAME") return leadOn(names, first.value, server, never);
        return said.records.map(({ type, value }) => ({ address: value, family: type === "A" ? 4 : 6 }));
      }
      throw Object.assign(new Error(`no name server knows ${hostname}`), { code: "ENOTFOUND" });
    })().then(
      (all) => {
        const [first] = all;
        if (options.all) found(null, all);
        else found(null, first?.address ?? "", first?.family);
      },
      (error: NodeJS.ErrnoException) => found(error, "", 4),
    );
  };
}

/** The addresses that a CNAME leads to: by the same server where it knows them, else as the machine finds them. */
async function leadOn(names: Names, to: string, server: string, signal: AbortSignal) {
  const said = await recordsAt(names, to, server, signal);
  const known = said.answered ? said.records.filter(({ type }) => type !== "CNAME") : [];
  if (known.length > 0)
    return known.map(({ type, value }) => ({ address: value, family: type === "A" ? 4 : 6 }));
  return systemAddress(to, { all: true });
}
