import {
  addressTypes,
  type DnsProvider,
  type DnsRecord,
  type DnsSettings,
  dnsRefused,
  plainRecord,
  sameRecords,
} from "@atoms/playbook";
import * as z from "zod";

const timeoutMs = 15_000;
const perPage = 100;

const Failure = z.looseObject({ code: z.int().optional(), message: z.string() });
const Answer = z.looseObject({
  success: z.boolean(),
  errors: z.array(Failure).default([]),
  result: z.unknown(),
  result_info: z.looseObject({ page: z.int(), total_pages: z.int() }).nullish(),
});
const Listed = z.array(
  z.looseObject({
    id: z.string(),
    type: z.string(),
    name: z.string(),
    content: z.string(),
    ttl: z.int(),
    proxied: z.boolean().optional(),
  }),
);
type Kept = DnsRecord & { id: string };

/**
 * Records at Cloudflare, by the API's version 4. A change is one batch, which is carried out whole or not at all. The API cannot compare
 * before it writes, so that is done in the moment before.
 * https://developers.cloudflare.com/api/resources/dns/subresources/records/
 */
export function cloudflareDns({
  name: of,
  zone,
  token,
  api,
}: DnsSettings & { kind: "cloudflare" }): DnsProvider {
  const where = `Cloudflare, zone ${zone}`;
  const refused = (because: string, may = false) => dnsRefused({ where, because, may });

  const call = async (method: "GET" | "POST", path: string, signal: AbortSignal, body?: object) => {
    let status = 0;
    let text: string;
    try {
      const answer = await fetch(`${api.replace(/\/$/, "")}/zones/${zone}/dns_records${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      status = answer.status;
      text = await answer.text();
    } catch (error) {
      signal.throwIfAborted();
      const late = error instanceof Error && error.name === "TimeoutError";
      throw refused(
        late ? `no answer within ${timeoutMs / 1_000} s` : "nobody answers there",
        method === "POST",
      );
    }
    const parsed = Answer.safeParse(jsonOf(text));
    if (!parsed.success)
      throw refused(
        `it answers ${status} with what is no answer of its API`,
        method === "POST" && status >= 500,
      );
    const { success, errors, result, result_info } = parsed.data;
    if (!success || status >= 400) {
      const said = errors
        .map(({ code, message }) => `${message}${code === undefined ? "" : ` (${code})`}`)
        .join("; ");
      const hint =
        status === 401 || status === 403 ? "; the token is wrong, or may not edit this zone's DNS" : "";
      throw refused(
        `it answers ${status}: ${said || "without a reason"}${hint}`,
        method === "POST" && status >= 500,
      );
    }
    return { result, pages: result_info?.total_pages ?? 1 };
  };

  const list = async (name: string, signal: AbortSignal): Promise<Kept[]> => {
    const found: Kept[] = [];
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({ name, page: String(page), per_page: String(perPage) });
      const { result, pages } = await call("GET", `?${query}`, signal);
      const records = Listed.safeParse(result);
      if (!records.success) throw refused("its list of records is not as its API says");
      for (const { id, type, name: is, content, ttl, proxied } of records.data)
        if (is.toLowerCase() === name.toLowerCase() && addressTypes.some((one) => one === type)) {
          const record = { type: type as DnsRecord["type"], value: content, ttl };
          found.push({ id, ...plainRecord(record), ...(proxied === true ? { proxied } : {}) });
        }
      if (page >= pages) return found;
    }
  };

  const read = async (name: string, signal: AbortSignal): Promise<DnsRecord[]> =>
    (await list(name, signal)).map(({ id: _, ...record }) => record);

  return {
    where: `${where} (${of})`,
    read,
    async change({ name, was, to }, signal) {
      const kept = await list(name, signal);
      if (sameRecords(kept, to)) return { is: "so already" };
      if (!sameRecords(kept, was)) return { is: "other", found: kept.map(({ id: _, ...record }) => record) };
      // What is of the same type is changed in its place, so that its comment and tags stay.
      const free = [...kept];
      const patches: object[] = [];
      const posts: object[] = [];
      for (const { type, value, ttl, proxied = false } of to) {
        const at = free.findIndex((one) => one.type === type);
        const content = { type, name, content: value, ttl, proxied };
        if (at < 0) posts.push(content);
        else patches.push({ id: free.splice(at, 1)[0]?.id, ...content });
      }
      const deletes = free.map(({ id }) => ({ id }));
      await call("POST", "/batch", signal, {
        ...(deletes.length === 0 ? {} : { deletes }),
        ...(patches.length === 0 ? {} : { patches }),
        ...(posts.length === 0 ? {} : { posts }),
      });
      const back = await read(name, signal);
      return sameRecords(back, to) ? { is: "changed" } : { is: "other", found: back };
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
