import { z } from "zod";
import { type RecordType, recordTypes } from "../model.js";
import type { NameAnswer } from "../ports.js";
import { common, defineKind, type Look, tenth } from "./kind.js";

const server =
  /^(\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?|[0-9a-fA-F:]*:[0-9a-fA-F:.]+|\[[0-9a-fA-F:.]+\](:\d{1,5})?)$/;

export const dns = defineKind({
  title: "Name found",
  why: "A name that leads nowhere, or elsewhere, is an outage that the service itself knows nothing of.",
  settings: z.strictObject({
    kind: z.literal("dns"),
    ...common({ interval: 60_000, timeout: 5_000 }),
    host: z
      .string()
      .regex(/^[^\s:/@]{1,253}$/, { error: "expected a name such as shop.example.com" })
      .optional()
      .meta({ examples: ["shop.example.com"] })
      .describe("Name that is asked for. Left out: that of production's first host."),
    record: z.enum(recordTypes).default("A").describe("Kind of record that is asked for."),
    server: z
      .string()
      .regex(server, { error: "expected the address of a name server, such as 1.1.1.1 or 127.0.0.1:5353" })
      .optional()
      .meta({ examples: ["1.1.1.1"] })
      .describe("Name server that is asked. Left out: those of the machine."),
    expected: z
      .array(z.string().min(1).max(500))
      .min(1)
      .optional()
      .meta({ examples: [["76.76.21.21"]] })
      .describe(
        "Every record that must be there, no other, in any order; of MX the priority and the name, such as 10 mail.example.com. Left out: any answer will do.",
      ),
  }),
  series: ["latency_ms", "dns_time"],
  limitMs: ({ timeout }) => timeout + 1_000,
  elsewhere: ({ host }) => host !== undefined,
  async look(settings, world) {
    const [target] = world.targets;
    const host = settings.host ?? (target === undefined ? undefined : new URL(target.address).hostname);
    // Names under localhost are nobody's to give, and addresses are no names.
    if (host === undefined || (settings.host === undefined && /(^|\.)localhost$|^[\d.]+$|^\[/.test(host)))
      return undefined;
    const { record, timeout } = settings;
    const answer = await world.names.resolve({
      name: host,
      record,
      server: settings.server,
      timeoutMs: timeout,
    });
    return judgeName(answer, { ...settings, host });
  },
});

/** Judges what a name server said. */
export function judgeName(
  answer: NameAnswer,
  { host, record, expected }: { host: string; record: RecordType; expected?: readonly string[] | undefined },
): Look {
  const values = { latency_ms: tenth(answer.ms), dns_time: tenth(answer.ms) };
  if (!answer.found) return { outcome: "down", values, because: answer.message };
  const found = answer.records.map(plain);
  if (expected === undefined) return { outcome: "up", values: { ...values, records: found.length } };
  const wanted = expected.map(plain);
  const lacking = wanted.filter((one) => !found.includes(one));
  const strange = found.filter((one) => !wanted.includes(one));
  if (lacking.length + strange.length === 0)
    return { outcome: "up", values: { ...values, records: found.length } };
  const said = [
    ...(lacking.length > 0 ? [`lacks ${listed(lacking)}`] : []),
    ...(strange.length > 0 ? [`has ${listed(strange)}, which nobody expects`] : []),
  ].join(" and ");
  return {
    outcome: "down",
    values: { ...values, records: found.length },
    because: `The ${record} of ${host} ${said}.`,
  };
}

/** Names are the same in any case, with or without the last dot. */
const plain = (text: string) => text.toLowerCase().replace(/\.$/, "");

const listed = (all: readonly string[]) =>
  `${all.slice(0, 3).join(", ")}${all.length > 3 ? ` and ${all.length - 3} more` : ""}`;
