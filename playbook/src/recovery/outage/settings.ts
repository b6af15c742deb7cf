import { z } from "zod";
import { PositiveDuration } from "../../terms/index.js";
import { addressFits } from "./records.js";

const HostName = z
  .string()
  .regex(
    /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    {
      error: "expected a name such as app.example.com, without a dot at its end",
    },
  );

/** Address and port of a name server. */
const NameServer = z.string().regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/, {
  error: "expected the address of a name server, such as 192.0.2.53 or 192.0.2.53:5353",
});

const Web = z.url({ protocol: /^https?$/, error: "expected an address such as https://app.example.com" });

const name = HostName.describe("The name that users go by, whose addresses are changed.");

const InFile = z.strictObject({
  kind: z.literal("file").describe("A JSON file, for records that are kept in a repository."),
  name,
  path: z
    .string()
    .min(1)
    .describe(
      'The file: {"<name>": [{"type": "A", "value": "192.0.2.1", "ttl": 300}]}. Seen from the playbook\'s folder.',
    ),
  apply: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Command that brings the changed file to the name servers, run in the playbook's folder. It may be run twice; it gets ATOMS_CHANGE, the same value for the same change.",
    ),
  within: PositiveDuration.prefault("2m").describe("The longest that command may take."),
});

const ByUpdate = z.strictObject({
  kind: z.literal("rfc2136").describe("Dynamic update by RFC 2136, as BIND, Knot and PowerDNS take it."),
  name,
  zone: HostName.describe("The zone that the name is in."),
  server: NameServer.describe("The primary name server of the zone; port 53 when it has none."),
  key: z
    .strictObject({
      name: HostName.describe("Name of the TSIG key, as the server knows it."),
      algorithm: z
        .enum(["hmac-sha256", "hmac-sha384", "hmac-sha512"])
        .default("hmac-sha256")
        .describe("How messages are signed."),
      secret: z
        .base64({ error: "expected the key's secret in base64" })
        .min(1)
        .describe("The key's secret in base64; write it as a variable."),
    })
    .describe("The TSIG key (RFC 8945) that may change the zone."),
});

const AtCloudflare = z.strictObject({
  kind: z.literal("cloudflare").describe("Cloudflare's DNS, by its API (v4)."),
  name,
  zone: z
    .string()
    .regex(/^[0-9a-f]{32}$/, { error: "expected the zone's id: 32 hex digits, from its overview page" })
    .describe("Id of the zone."),
  token: z
    .string()
    .min(1)
    .describe("API token with the permission to edit the zone's DNS; write it as a variable."),
  api: Web.default("https://api.cloudflare.com/client/v4").describe("Where the API is."),
});

/** Who keeps the records of the name that users go by. */
export const DnsSettings = z.discriminatedUnion("kind", [InFile, ByUpdate, AtCloudflare]);
export type DnsSettings = z.output<typeof DnsSettings>;

const StandbyRecord = z.strictObject({
  type: z.enum(["A", "AAAA", "CNAME"]).describe("The kind of record."),
  value: z.string().min(1).describe("An address (A, AAAA), or the name of another host (CNAME)."),
});

/** Where users are led when the platform itself is out. */
const StandbySettings = z.strictObject({
  url: Web.describe(
    "Where the standby answers by itself; it is proven well there before the record is changed.",
  ),
  proof: z
    .enum(["health", "answer"])
    .default("health")
    .describe(
      "What counts as well. health: its health says so, as the service's does. answer: url itself answers with 200 to 299, such as a page that says what is wrong.",
    ),
  records: z.array(StandbyRecord).min(1).max(20).describe("What the name is led to."),
  ttl: z
    .int()
    .min(30)
    .max(86_400)
    .default(60)
    .describe("Seconds that resolvers may remember the standby's records; short, so that the way back is."),
});

/** What is done when the service does not answer from where it runs. */
export const OutageSettings = z.strictObject({
  public_url: Web.optional().describe("What users type; https:// and the name of `dns` when left out."),
  regions: z
    .array(
      z
        .string()
        .regex(/^[a-z][a-z0-9-]{1,29}$/, { error: "expected a region by the platform's name, such as fra1" }),
    )
    .max(20)
    .default([])
    .describe(
      "Regions that the service may be moved to, the best first: it is moved to the first that it does not run in.",
    ),
  dns: DnsSettings.optional().describe("Who keeps the records of the name that users go by."),
  standby: StandbySettings.optional().describe("Where users are led when the platform itself is out."),
  name_servers: z
    .array(NameServer)
    .max(10)
    .default([])
    .describe(
      "Authoritative name servers of the name, which have to give the new answer. Left out: the server of rfc2136, else those of the zone, as the machine's resolver names them.",
    ),
  resolvers: z
    .array(NameServer)
    .max(10)
    .default([])
    .describe(
      "Resolvers that users ask, such as 1.1.1.1: it is told which of them give the old answer still.",
    ),
});
export type OutageSettings = z.output<typeof OutageSettings>;
export type StandbySettings = z.output<typeof StandbySettings>;

/** What the schema alone cannot say. */
export function outageMistakes({
  dns,
  standby,
}: OutageSettings): { path: (string | number)[]; message: string }[] {
  const at = (...path: (string | number)[]) => ["recovery", "service_outage", ...path];
  const mistakes: { path: (string | number)[]; message: string }[] = [];
  if (standby !== undefined && dns === undefined)
    mistakes.push({
      path: at("dns"),
      message: "is missing: a standby is reached by changing a name's records",
    });
  if (
    dns?.kind === "rfc2136" &&
    dns.name !== dns.zone &&
    !dns.name.toLowerCase().endsWith(`.${dns.zone.toLowerCase()}`)
  )
    mistakes.push({ path: at("dns", "name"), message: `is not in the zone ${dns.zone}` });
  if (standby === undefined) return mistakes;
  for (const [index, record] of standby.records.entries())
    if (!addressFits(record))
      mistakes.push({
        path: at("standby", "records", index, "value"),
        message: `is no value of a record of type ${record.type}`,
      });
  if (standby.records.length > 1 && standby.records.some(({ type }) => type === "CNAME"))
    mistakes.push({
      path: at("standby", "records"),
      message: "a CNAME stands alone: expected it as the only record",
    });
  return mistakes;
}
