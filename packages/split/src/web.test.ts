import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { splitTraffic } from "./node.js";
import { withSplit } from "./web.js";
import type { Weights } from "./weights.js";

/** The helper around a handler of the web's own form; the candidate and the Global Config are real servers. */

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

type Asked = { method: string | undefined; url: string | undefined; headers: IncomingMessage["headers"] };

/**
 * @param host What the candidate is reached by: an address, or a name that no resolver knows.
 * @param random Where clients that nothing tells apart fall.
 */
async function world(host = "127.0.0.1", random = 0) {
  const seen: Asked[] = [];
  const knobs = {
    dead: false,
    weights: undefined as unknown,
    clock: 1_800_000_000_000,
    here: [] as string[],
  };
  const config = await serve((_, response) => {
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify(knobs.weights ?? null));
  });
  const options = {
    connection: `http://127.0.0.1:${config}/ecfg_1?token=secret&item=split_shop`,
    now: () => knobs.clock,
    random: () => random,
    env: {},
  };
  const inFront = splitTraffic({ ...options, deployment: "dpl_new" });
  const port = await serve((request, response) => {
    if (knobs.dead) return void request.socket.destroy();
    inFront(request, response, () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers });
      response.writeHead(request.url === "/moved" ? 302 : 200, {
        location: "/elsewhere",
        "set-cookie": ["a=1", "b=2"],
      });
      request.pipe(response);
    });
  });
  knobs.weights = {
    atomsSplit: 1,
    release: "rel_1",
    epoch: 1,
    state: "active",
    stable: "dpl_old",
    candidate: { id: "dpl_new", address: `http://${host}:${port}` },
    shares: [0.5, 1],
    stage: 0,
    startedAt: knobs.clock,
    until: knobs.clock + 600_000,
  } satisfies Weights;
  const handler = withSplit(
    async (request: Request, more: string) => {
      knobs.here.push(more);
      return new Response(`old ${await request.text()}`, { headers: { "x-own": "kept" } });
    },
    { ...options, deployment: "dpl_old", ownHost: "shop-old.example", bypassSecret: "pass" },
  );
  const ask = (path = "/", init: RequestInit = {}) =>
    handler(
      new Request(`https://shop.example${path}`, {
        ...init,
        headers: { host: "shop.example", ...(init.headers as Record<string, string>) },
      }),
      "more",
    );
  return { ask, seen, knobs };
}

describe("the routing helper around a web handler", () => {
  it("has the candidate answer its share, cookies and redirects as they are", async () => {
    const { ask, seen, knobs } = await world();
    const answer = await ask("/moved?to=1", { headers: { "x-forwarded-for": "203.0.113.9, 10.0.0.1" } });
    expect([answer.status, answer.headers.get("x-atoms-split")]).toEqual([200, "dpl_new"]);
    const moved = await ask("/moved");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "/elsewhere"]);
    expect(moved.headers.getSetCookie()).toEqual([
      "a=1",
      "b=2",
      expect.stringMatching(/^atoms_split=dpl_new/),
    ]);
    expect(seen[0]).toMatchObject({
      url: "/moved?to=1",
      headers: {
        "x-atoms-split-by": "dpl_old",
        "x-atoms-split-host": "shop.example",
        "x-atoms-split-for": "203.0.113.9",
        "x-vercel-protection-bypass": "pass",
      },
    });
    expect(knobs.here).toEqual([]);
  });

  it("answers the others itself, with all that a handler is given", async () => {
    const { ask, knobs } = await world("127.0.0.1", 0.7);
    const answer = await ask("/", { method: "POST", body: "hello" });
    expect(await answer.text()).toBe("old hello");
    expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-own": "kept", "x-atoms-split": "dpl_old" });
    expect(knobs.here).toEqual(["more"]);
    const said = await ask("/", { headers: { "x-atoms-split-ask": "1" } });
    expect(await said.json()).toMatchObject({ deployment: "dpl_old", readable: true });
    expect(knobs.here).toEqual(["more"]);
  });

  it.each(["127.0.0.1", "shop-new.localhost"])("sends bodies on to %s, whole", async (host) => {
    const { ask, seen } = await world(host);
    const body = "x".repeat(200_000);
    const answer = await ask("/notes", { method: "POST", body });
    expect(answer.headers.get("x-atoms-split")).toBe("dpl_new");
    expect(await answer.text()).toBe(body);
    expect(seen[0]?.headers.host).toContain(host);
    expect(await (await ask("/notes")).text()).toBe("");
  });

  it("answers itself when the candidate is gone, and says so of what may have been done", async () => {
    const { ask, knobs } = await world();
    expect((await ask()).headers.get("x-atoms-split")).toBe("dpl_new");
    knobs.dead = true;
    expect((await ask()).headers.get("x-atoms-split")).toBe("dpl_old");
    knobs.dead = false;
    knobs.clock += 6_000;
    await ask();
    knobs.dead = true;
    const posted = await ask("/", { method: "POST", body: "once" });
    expect([posted.status, posted.headers.get("x-atoms-split")]).toEqual([502, "dpl_new"]);
    expect(await (await ask("/", { method: "POST", body: "next" })).text()).toBe("old next");
  });

  it("answers itself when nothing was sent for certain, with the body whole", async () => {
    const { ask, knobs } = await world();
    await ask();
    const { candidate, ...others } = knobs.weights as Weights;
    // Believed to be there, and gone since: nobody listens at that port any more.
    const port = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    knobs.weights = { ...others, epoch: 2, candidate: { ...candidate, address: `http://127.0.0.1:${port}` } };
    knobs.clock += 1_500;
    const answer = await ask("/", { method: "POST", body: "kept" });
    expect(await answer.text()).toBe("old kept");
    expect(knobs.here).toEqual(["more"]);
  });
});
