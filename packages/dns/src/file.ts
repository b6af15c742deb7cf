import { randomBytes } from "node:crypto";
import { readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  addressFits,
  addressTypes,
  type DnsProvider,
  type DnsRecord,
  type DnsSettings,
  dnsRefused,
  plainRecord,
  sameRecords,
} from "@atoms/playbook";
import * as z from "zod";
import type { DnsPorts } from "./ports.js";

const Records = z.record(
  z.string(),
  z.array(z.looseObject({ type: z.string(), value: z.string(), ttl: z.int().min(0) })),
);
type Records = z.output<typeof Records>;

const isAddress = ({ type }: { type: string }) => (addressTypes as readonly string[]).includes(type);
const plainName = (name: string) => name.toLowerCase().replace(/\.$/, "");

/** Records in a JSON file, e.g. of a repository, and a command that brings them to the name servers. */
export function fileDns(
  { path, apply, within }: DnsSettings & { kind: "file" },
  { folder, run }: Pick<DnsPorts, "folder" | "run">,
): DnsProvider {
  const file = resolve(folder, path);
  const refused = (because: string) => dnsRefused({ where: file, because });

  const load = async (): Promise<Records> => {
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      throw refused(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`);
    }
    let parsed: ReturnType<typeof Records.safeParse>;
    try {
      parsed = Records.safeParse(JSON.parse(text));
    } catch {
      throw refused("it is no JSON");
    }
    if (!parsed.success)
      throw refused('expected names, each with a list of {"type": …, "value": …, "ttl": seconds}');
    return parsed.data;
  };

  const keyOf = (all: Records, name: string) =>
    Object.keys(all).find((key) => plainName(key) === plainName(name)) ?? name;

  const of = (all: Records, name: string): DnsRecord[] =>
    (all[keyOf(all, name)] ?? []).filter(isAddress).map((one) => {
      const record = { type: one.type as DnsRecord["type"], value: one.value, ttl: one.ttl };
      if (!addressFits(record)) throw refused(`${one.value} is no value of a record of type ${one.type}`);
      return plainRecord(record);
    });

  return {
    where: file,
    read: async (name) => of(await load(), name),
    async change({ name, was, to, key }, signal) {
      const all = await load();
      const found = of(all, name);
      const already = sameRecords(found, to);
      if (!already) {
        if (!sameRecords(found, was)) return { is: "other", found };
        const place = keyOf(all, name);
        const others = (all[place] ?? []).filter((one) => !isAddress(one));
        const records = to.map(({ type, value, ttl }) => ({ type, value, ttl }));
        await write(file, { ...all, [place]: [...others, ...records] });
      }
      if (apply !== undefined) {
        // Also when the file is right: who wrote it may have died before this.
        const failed = await run(apply, { ATOMS_CHANGE: key }, within, signal);
        if (failed !== undefined)
          throw dnsRefused({
            where: file,
            because: `the file is changed, and its command ${failed}`,
            may: true,
          });
      }
      const back = of(await load(), name);
      if (!sameRecords(back, to)) return { is: "other", found: back };
      return { is: already ? "so already" : "changed" };
    },
  };
}

/** The whole file or nothing of it. A link stays a link. */
async function write(file: string, all: Records): Promise<void> {
  const real = await realpath(file);
  const beside = `${real}.${randomBytes(4).toString("hex")}`;
  try {
    await writeFile(beside, `${JSON.stringify(all, null, 2)}\n`, { flag: "wx" });
    await rename(beside, real);
  } catch (error) {
    await rm(beside, { force: true });
    throw dnsRefused({
      where: file,
      because: `it cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"})`,
    });
  }
}
