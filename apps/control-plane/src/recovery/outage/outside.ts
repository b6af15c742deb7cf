import {
  type DnsRecord,
  type Http,
  type HttpResult,
  judgeHealth,
  type Names,
  type OutsideProof,
  proveHosts,
  sameRecords,
} from "@atoms/playbook";
import { nameResolver, timedHttp } from "@atoms/vercel";
import type { ControlPlane, OpenPlaybook } from "../../control-plane.js";
import { healthWanted } from "../../emergency/health.js";
import { askServer, lookupBy, nameServersOf } from "./name-servers.js";

const againMs = 500;

/** The playbook's settings of outages. */
export const outageSettingsOf = ({ settings }: Pick<OpenPlaybook, "settings">) =>
  settings.recovery.service_outage;

/** What users type, without a slash at its end; undefined when the playbook does not say. */
export function publicUrlOf(open: Pick<OpenPlaybook, "settings">): string | undefined {
  const { public_url, dns } = outageSettingsOf(open);
  return (public_url ?? (dns === undefined ? undefined : `https://${dns.name}`))?.replace(/\/$/, "");
}

/** The records of the standby, as they are written. */
export function standbyRecords(open: Pick<OpenPlaybook, "settings">): DnsRecord[] {
  const { standby } = outageSettingsOf(open);
  return (standby?.records ?? []).map((record) => ({ ...record, ttl: standby?.ttl ?? 0 }));
}

/** Judges one answer: by the service's own word, or of a standby without one by its status. */
export function judgeAnswer(
  open: Pick<OpenPlaybook, "settings" | "secrets">,
  result: HttpResult,
  proof: "health" | "answer",
): { right: boolean; saw: string } {
  if (proof === "answer")
    return result.answered
      ? { right: result.status >= 200 && result.status < 300, saw: `answers ${result.status}` }
      : { right: false, saw: result.message };
  const wanted = healthWanted(open.settings);
  // A door that is closed on purpose is no outage.
  const words = wanted.words.length === 0 ? [] : [...wanted.words, "maintenance"];
  const { outcome, saw } = judgeHealth(result, { ...wanted, words });
  return { right: outcome === "pass", saw: open.secrets.redact(saw) };
}

/** The path that is asked where an address is proven well. */
export const provenPath = (open: Pick<OpenPlaybook, "settings">, proof: "health" | "answer") =>
  proof === "health" ? healthWanted(open.settings).path : "";

/** Goes through the public name at the addresses that its name servers give, past what the machine remembers. */
export async function throughName(
  { clock }: Pick<ControlPlane, "clock">,
  open: Pick<OpenPlaybook, "settings">,
  signal: AbortSignal,
): Promise<{ names: Names; servers: string[]; http: Http }> {
  const settings = outageSettingsOf(open);
  const names = nameResolver({ clock });
  const servers = await nameServersOf(settings, names, signal);
  if (settings.dns === undefined || servers.length === 0)
    return { names, servers, http: timedHttp({ clock }) };
  return { names, servers, http: timedHttp({ clock, lookup: lookupBy(names, settings.dns.name, servers) }) };
}

/**
 * Proves from outside that the name leads where it should, and that the service is well through it: every authoritative server has to
 * say so, then three answers in a row. Reads only.
 */
export async function verifyOutside(
  plane: Pick<ControlPlane, "clock">,
  open: OpenPlaybook,
  wanted: readonly DnsRecord[],
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<OutsideProof> {
  const { clock } = plane;
  const { dns, resolvers, standby } = outageSettingsOf(open);
  const name = dns?.name ?? "";
  const url = publicUrlOf(open) ?? "";
  const onStandby = standby !== undefined && sameRecords(wanted, standbyRecords(open));
  const proof = onStandby ? standby.proof : "health";
  const { recovery } = open.settings;
  const began = clock.monotonic();
  const left = () => recovery.settle - (clock.monotonic() - began);
  const { names, servers: known, http } = await throughName(plane, open, signal);
  let servers: OutsideProof["servers"] = [];
  let health: OutsideProof["health"] = [{ host: url, right: false, saw: "not asked yet" }];
  let proven = false;
  for (;;) {
    servers = await Promise.all(known.map((server) => askServer(names, name, server, wanted, signal)));
    if (servers.every(({ right }) => right)) {
      const path = provenPath(open, proof);
      const judge = (result: HttpResult) => judgeAnswer(open, result, proof);
      const seen = await proveHosts(
        { hosts: [url], path, headers, judge, timeoutMs: Math.max(0, left()) },
        { http, clock },
        signal,
      );
      health = seen.hosts;
      proven = seen.proven && known.length > 0;
    }
    if (proven || left() <= 0 || signal.aborted || known.length === 0) break;
    await clock.sleep(againMs, signal).catch(() => undefined);
  }
  signal.throwIfAborted();
  return {
    proven,
    servers,
    health,
    resolvers: await Promise.all(resolvers.map((server) => askServer(names, name, server, wanted, signal))),
    ms: Math.round(clock.monotonic() - began),
  };
}
