import { Resolver } from "node:dns/promises";
import type { Clock, NameAnswer, Names } from "@atoms/playbook";
import { deadline } from "./deadline.js";

type Asked = Parameters<Names["resolve"]>[0];

/** What a name server's refusals mean, by the code that Node gives. */
const meaning: Record<string, (asked: Asked) => string> = {
  ENOTFOUND: ({ name }) => `There is no ${name}: the name server says that the name does not exist.`,
  ENODATA: ({ name, record }) => `${name} has no ${record} record.`,
  ESERVFAIL: ({ name }) => `The name server failed to find ${name} (SERVFAIL).`,
  EREFUSED: ({ name }) => `The name server refuses to say anything of ${name}.`,
  ECONNREFUSED: ({ server }) => `Nobody answers as a name server at ${server ?? "the machine's addresses"}.`,
  EBADNAME: ({ name }) => `${name} is no name that could be asked for.`,
  EBADRESP: () => "The name server's answer is not one that can be read.",
  EFORMERR: () => "The name server does not understand the question.",
  ENOTIMP: () => "The name server does not know this kind of question.",
};

/**
 * Asks name servers, past everything that the machine remembers: `/etc/hosts` and caches say what was so. A question that is
 * lost on the way is put twice.
 */
export function nameResolver({ clock }: { clock: Clock }): Names {
  return {
    async resolve(asked, signal) {
      const began = clock.monotonic();
      const ms = () => clock.monotonic() - began;
      const { name, server, timeoutMs } = asked;
      const failed = (message: string): NameAnswer => ({ found: false, message, ms: ms() });
      const late = () => failed(`No name server said anything of ${name} within ${timeoutMs} ms.`);
      const resolver = new Resolver({ timeout: Math.max(100, Math.floor(timeoutMs / 3)), tries: 2 });
      const within = deadline(clock, timeoutMs, signal);
      const cancel = () => resolver.cancel();
      within.signal.addEventListener("abort", cancel, { once: true });
      try {
        if (server !== undefined) resolver.setServers([server]);
        within.signal.throwIfAborted();
        return { found: true, records: await recordsOf(resolver, asked), ms: ms() };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? "";
        if (signal?.aborted) return failed("The look was cancelled.");
        if (within.passed() || code === "ETIMEOUT") return late();
        return failed(meaning[code]?.(asked) ?? `${name} could not be asked for (${code || String(error)}).`);
      } finally {
        within.end();
        within.signal.removeEventListener("abort", cancel);
      }
    },
  };
}

async function recordsOf(resolver: Resolver, { name, record }: Asked): Promise<string[]> {
  switch (record) {
    case "A":
      return resolver.resolve4(name);
    case "AAAA":
      return resolver.resolve6(name);
    case "CNAME":
      return resolver.resolveCname(name);
    case "NS":
      return resolver.resolveNs(name);
    case "MX":
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`);
    case "TXT":
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(""));
  }
}
