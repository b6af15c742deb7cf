import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type Held = {
  id: string;
  type: string;
  name: string;
  content: string;
  ttl: number;
  proxied: boolean;
  comment: string | null;
};
type Batch = {
  deletes?: { id: string }[];
  patches?: (Partial<Held> & { id: string })[];
  posts?: Partial<Held>[];
};

/** A stand-in for the two calls of Cloudflare's API that are used, with its shapes, for tests. */
export async function tinyCloudflare(zone: string, token: string) {
  let held: Held[] = [];
  const knobs = { fail: 0, message: "" };
  const batches: Batch[] = [];
  const id = () => randomBytes(16).toString("hex");
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const answer = (status: number, body: object) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ success: status < 400, errors: [], messages: [], result: null, ...body }),
      );
    };
    const refuse = (status: number, code: number, message: string) =>
      answer(status, { errors: [{ code, message }] });
    if (request.headers.authorization !== `Bearer ${token}`)
      return refuse(403, 10000, "Authentication error");
    if (!url.pathname.startsWith(`/client/v4/zones/${zone}/dns_records`))
      return refuse(404, 7003, "Could not route to the zone");
    if (request.method === "GET") {
      const per = Number(url.searchParams.get("per_page"));
      const page = Number(url.searchParams.get("page"));
      const found = held.filter(({ name }) => name === url.searchParams.get("name"));
      const result = found.slice((page - 1) * per, page * per);
      const info = {
        page,
        per_page: per,
        count: result.length,
        total_count: found.length,
        total_pages: Math.ceil(found.length / per),
      };
      return answer(200, { result, result_info: info });
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const batch = JSON.parse(Buffer.concat(pieces).toString()) as Batch;
    batches.push(batch);
    if (knobs.fail > 0) return refuse(knobs.fail, 81053, knobs.message);
    const { deletes = [], patches = [], posts = [] } = batch;
    let next = held.filter((one) => !deletes.some((gone) => gone.id === one.id));
    next = next.map((one) => ({ ...one, ...patches.find((patch) => patch.id === one.id) }));
    for (const post of posts)
      next.push({ comment: null, ...(post as Omit<Held, "id" | "comment">), id: id() });
    const cname = next.find(({ type }) => type === "CNAME");
    if (cname !== undefined && next.some((one) => one.name === cname.name && one.id !== cname.id))
      return refuse(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
    held = next;
    answer(200, { result: { deletes, patches, puts: [], posts } });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
    knobs,
    batches,
    records: () => held,
    /** What is there, as somebody else would have set it. */
    set(name: string, records: readonly Partial<Held>[]) {
      held = records.map((one) => ({
        id: id(),
        type: "A",
        name,
        content: "",
        ttl: 300,
        proxied: false,
        comment: null,
        ...one,
      }));
    },
    end: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
