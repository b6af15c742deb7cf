import { z } from "zod";
import { formatDuration, PositiveDuration } from "../../terms/index.js";
import type { CertificateAnswer } from "../ports.js";
import { common, defineKind, type Look, type LookWorld, mostTargets, tenth } from "./kind.js";

const day = 86_400_000;
const Host = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/, {
    error:
      "expected a host, with its port where it is not 443, such as shop.example.com or mail.example.com:465",
  })
  .meta({ examples: ["shop.example.com", "mail.example.com:465"] });

export const tls = defineKind({
  title: "Certificate good",
  why: "A certificate that has ended locks out everybody at the same moment, and its end has been known for months.",
  settings: z.strictObject({
    kind: z.literal("tls"),
    ...common({ interval: 600_000, timeout: 10_000 }),
    host: Host.optional().describe(
      "Host whose certificate is looked at. Left out: production's own hosts, those that are reached by https.",
    ),
    server_name: z
      .string()
      .regex(/^[^\s:/@]+$/, { error: "expected the name of a host" })
      .optional()
      .describe("Name that is asked for and that the certificate must be made out to. Left out: the host."),
    expires_within: PositiveDuration.default(14 * day).describe(
      "It is down when the certificate ends within this time.",
    ),
    trusted: z
      .boolean()
      .default(true)
      .describe(
        "Whether it is down when no known authority has signed the certificate, or it is made out to another name. Authorities of your own: NODE_EXTRA_CA_CERTS of the control plane.",
      ),
  }),
  series: ["tls_expires_in", "latency_ms", "dns_time", "connect_time", "tls_time"],
  limitMs: ({ timeout }) => timeout + 1_000,
  elsewhere: ({ host }) => host !== undefined,
  async look(settings, world) {
    const places = settings.host === undefined ? securePlaces(world) : [placeOf(settings.host)];
    if (places.length === 0) return undefined;
    const seen = await Promise.all(
      places.slice(0, mostTargets).map(async ({ host, port }) => {
        const asked = { host, port, name: settings.server_name ?? host, timeoutMs: settings.timeout };
        const answer = await world.certificates.read(asked);
        return { host, answer, because: judgeCertificate(answer, settings, world.at) };
      }),
    );
    const broken = seen.filter(({ because }) => because !== undefined);
    const [first] = broken;
    const values = valuesOf(
      seen.map(({ answer }) => answer),
      world.at,
    );
    if (first === undefined) return { outcome: "up", values };
    const more = broken.length > 1 ? ` (and ${broken.length - 1} more of ${seen.length} hosts)` : "";
    return { outcome: "down", values, because: `${first.host}: ${first.because}${more}` };
  },
});

/** What is wrong with a certificate; undefined when nothing is. */
export function judgeCertificate(
  answer: CertificateAnswer,
  { expires_within, trusted }: { expires_within: number; trusted: boolean },
  at: number,
): string | undefined {
  if (!answer.connected) return answer.message;
  const left = answer.expiresAt - at;
  if (left <= 0) return `its certificate ended ${inWords(-left)} ago.`;
  if (trusted && answer.distrust !== undefined)
    return `its certificate is not to be trusted: ${answer.distrust}.`;
  if (at < answer.validFrom) return `its certificate begins in ${inWords(answer.validFrom - at)} only.`;
  if (left <= expires_within)
    return `its certificate ends in ${inWords(left)}; ${inWords(expires_within)} is the limit.`;
  return undefined;
}

/** Of several hosts: the certificate that ends first, and the slowest exchange. */
function valuesOf(answers: readonly CertificateAnswer[], at: number): Look["values"] {
  const ends = answers.flatMap((one) => (one.connected ? [one.expiresAt - at] : []));
  const slowest = answers.reduce((a, b) => (b.ms > a.ms ? b : a));
  const { dnsMs, connectMs, tlsMs } = slowest.timings;
  const parts = { latency_ms: slowest.ms, dns_time: dnsMs, connect_time: connectMs, tls_time: tlsMs };
  return {
    ...(ends.length === 0 ? {} : { tls_expires_in: Math.min(...ends) }),
    ...Object.fromEntries(
      Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, tenth(value)]])),
    ),
  };
}

function securePlaces({ targets }: LookWorld): { host: string; port: number }[] {
  return targets.flatMap(({ address }) => {
    const { protocol, hostname, port } = new URL(address);
    return protocol === "https:" ? [{ host: bare(hostname), port: port === "" ? 443 : Number(port) }] : [];
  });
}

function placeOf(text: string): { host: string; port: number } {
  const [, host = text, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  return { host: bare(host), port: port === undefined ? 443 : Number(port) };
}

/** An address of IPv6 without its brackets. */
const bare = (host: string) => host.replace(/^\[|\]$/g, "");

/** Days where there are days: nobody wants the seconds of a month. */
const inWords = (ms: number) =>
  ms >= day
    ? `${Math.floor(ms / day)} ${ms < 2 * day ? "day" : "days"}`
    : formatDuration(Math.max(1_000, Math.floor(ms / 1_000) * 1_000));
