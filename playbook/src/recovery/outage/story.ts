import type { OutsideProof } from "./model.js";
import { type DnsRecord, longestTtl, recordWords } from "./records.js";

/** What was not right from outside, in a sentence. */
export function outsideSeen({ servers, health }: OutsideProof): string {
  const wrong = [
    ...servers.filter(({ right }) => !right).map(({ server, says }) => `${server} says ${says}`),
    ...health.filter(({ right }) => !right).map(({ host, saw }) => `${host} ${saw.replace(/\.$/, "")}`),
  ];
  return [...(servers.length === 0 ? ["no name server of it is known"] : []), ...wrong].join("; ");
}

/** What people should know of resolvers after a change, one sentence; none when nobody can have the old answer. */
export function resolversKeep(was: readonly DnsRecord[], { resolvers }: OutsideProof): string[] {
  const ttl = longestTtl(was);
  if (ttl === 0) return [];
  const old = resolvers.filter(({ right }) => !right).map(({ server }) => server);
  return [
    `Resolvers may keep the old answer (${recordWords(was)}) for up to ${ttl} s${old.length === 0 ? "" : `; ${old.join(", ")} ${old.length === 1 ? "has" : "have"} it still`}.`,
  ];
}
