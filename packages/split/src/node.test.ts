import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { splitTraffic } from "./node.js";
import { certificate, key } from "./testing/certificate.js";
import type { Weights } from "./weights.js";

/** The helper in real servers: a Global Config, a stable and a canary deployment on loopback. */

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Seen = { method: string; url: string; body: string; headers: IncomingMessage["headers"] };

/** A service that says who it is and what it was asked. */
function service(name: string, seen: Seen[] = []) {
  return (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", body, headers: request.headers });
      response.setHeader("set-cookie", `own=${name}`);
      response.writeHead(name === "sick" ? 500 : 200, { "content-type": "text/plain" });
      response.end(`${name} ${body}`);
    });
  };
}

/** Everything that a split needs, with the knobs that tests turn. */
async function world(change: Partial<Weights> = {}, canaryHandler = service("new")) {
  const config = {
    weights: undefined as unknown,
    how: "well" as "well" | "broken" | "refusing" | "silent",
    reads: 0,
    authorization: "",
  };
  const clock = { ms: 1_800_000_000_000 };
  const configAt = await serve((request, response) => {
    config.reads++;
    config.authorization = request.headers.authorization ?? "";
    if (config.how === "silent") return;
    if (config.how === "broken") return void response.writeHead(500).end("no");
    if (config.how === "refusing") return void response.writeHead(401).end("{}");
    if (config.weights === undefined || request.url !== "/ecfg_1/item/split_shop") {
      return void response.writeHead(404, { "content-type": "application/json" }).end("{}");
    }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(config.weights));
  });
  const options = {
    connection: `${configAt}/ecfg_1?token=secret&item=split_shop`,
    now: () => clock.ms,
    random: () => 0,
    env: {},
  };
  const seen = { old: [] as Seen[], canary: [] as Seen[] };
  const canarySplit = splitTraffic({ ...options, deployment: "dpl_new" });
  const canary = await serve((request, response) => {
    if (request.headers["x-atoms-split-ask"] === undefined)
      seen.canary.push({
        method: request.method ?? "",
        url: request.url ?? "",
        body: "",
        headers: request.headers,
      });
    canarySplit(request, response, () => canaryHandler(request, response));
  });
  const split = splitTraffic({
    ...options,
    deployment: "dpl_old",
    ownHost: "shop-old.example",
    bypassSecret: "pass",
  });
  const old = service("old", seen.old);
  const stable = await serve((request, response) => split(request, response, () => old(request, response)));
  config.weights = {
    atomsSplit: 1,
    release: "rel_1",
    epoch: 1,
    state: "active",
    stable: "dpl_old",
    candidate: { id: "dpl_new", address: canary },
    shares: [0.5, 1],
    stage: 0,
    startedAt: clock.ms,
    until: clock.ms + 600_000,
    ...change,
  } satisfies Weights;
  return { config, clock, stable, canary, seen };
}

const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers });
const who = async (answer: Response) =>
  `${answer.status} ${answer.headers.get("x-atoms-split")} ${(await answer.text()).trim()}`;

describe("the routing helper", () => {
  it("has the candidate answer its share, and every answer names who gave it", async () => {
    const { stable, seen, config } = await world();
    const answer = await get(`${stable}/notes?page=2`, { "x-custom": "kept", connection: "keep-alive" });
    expect(answer.headers.get("x-atoms-split")).toBe("dpl_new");
    expect(await answer.text()).toBe("new ");
    expect(answer.headers.getSetCookie()).toEqual([
      "atoms_split=dpl_new.0; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax",
      "own=new",
    ]);
    const { headers, url } = seen.canary[0] as Seen;
    expect(url).toBe("/notes?page=2");
    expect(headers).toMatchObject({
      "x-custom": "kept",
      "x-atoms-split-by": "dpl_old",
      "x-vercel-protection-bypass": "pass",
    });
    expect(headers.host).not.toBe(new URL(stable).host);
    expect(headers["x-atoms-split-host"]).toBe(new URL(stable).host);
    expect(config.authorization).toBe("Bearer secret");
    expect(await who(await get(stable, { cookie: "a=b; atoms_split=dpl_new.0.9" }))).toBe("200 dpl_old old");
  });

  it("sends bodies on, whole and in order, and tells how the candidate answered", async () => {
    const { stable, seen } = await world({}, service("sick"));
    const body = "x".repeat(300_000);
    const answer = await fetch(stable, { method: "POST", body });
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe(`sick ${body}`);
    const stream = new ReadableStream({
      start(controller) {
        for (const part of ["one ", "two"]) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    const chunked = await fetch(stable, { method: "PUT", body: stream, duplex: "half" } as RequestInit);
    expect(await chunked.text()).toBe("sick one two");
    expect(seen.old).toEqual([]);
  });

  it("passes on what is written bit by bit as it comes, and ends it when the client leaves", async () => {
    let left: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const { stable } = await world({}, (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: first\n\n");
      response.on("close", left);
    });
    const asked = request(stable);
    const first = await new Promise<string>((resolve, reject) => {
      asked.on("error", reject);
      asked.on("response", (answer) => answer.once("data", (part) => resolve(String(part))));
      asked.end();
    });
    expect(first).toBe("data: first\n\n");
    asked.destroy();
    await gone;
  });

  it("says where it stands when it is asked, without asking the service", async () => {
    const { stable, canary, seen, config } = await world();
    const say = async (url: string) => (await get(url, { "x-atoms-split-ask": "1" })).json();
    expect(await say(stable)).toEqual({
      atomsSplit: 1,
      deployment: "dpl_old",
      config: "ecfg_1",
      item: "split_shop",
      readable: true,
      weights: { release: "rel_1", epoch: 1, share: 0.5 },
    });
    expect(await say(`${canary}/any/path`)).toMatchObject({ deployment: "dpl_new" });
    expect([...seen.old, ...seen.canary]).toEqual([]);
    config.weights = undefined;
    const fresh = await world();
    fresh.config.how = "refusing";
    expect(await say(fresh.stable)).toMatchObject({ readable: false, weights: null });
  });

  it("does nothing outside of a deployment", async () => {
    const split = splitTraffic({ env: {} });
    const alone = await serve((request, response) => split(request, response, () => response.end("plain")));
    const answer = await get(alone, { "x-atoms-split-ask": "1" });
    expect([await answer.text(), answer.headers.get("x-atoms-split")]).toEqual(["plain", null]);
  });
});

describe("in doubt the deployment that was asked answers", () => {
  it.each(["broken", "refusing", "silent"] as const)("when the weights can not be read: %s", async (how) => {
    const { stable, config } = await world();
    config.how = how;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
  });

  it("when the weights could not be read for half a minute; until then the last ones stand", async () => {
    const { stable, config, clock } = await world();
    expect(await who(await get(stable))).toBe("200 dpl_new new");
    config.how = "broken";
    clock.ms += 20_000;
    expect(await who(await get(stable))).toBe("200 dpl_new new");
    clock.ms += 11_000;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
  });

  it("when the lease is over, even if nobody can be asked", async () => {
    const { stable, clock } = await world({ until: 1_800_000_000_000 + 10_000 });
    expect(await who(await get(stable))).toBe("200 dpl_new new");
    clock.ms += 10_000;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
  });

  it("when the candidate is gone, and again when it is back, the candidate", async () => {
    const { stable, config, clock, canary } = await world({
      candidate: { id: "dpl_new", address: "http://127.0.0.1:9" },
    });
    for (const method of ["GET", "POST"]) {
      const body = method === "POST" ? { body: "kept" } : {};
      expect(await who(await fetch(stable, { method, ...body }))).toMatch(/^200 dpl_old old/);
    }
    config.weights = {
      ...(config.weights as Weights),
      epoch: 2,
      candidate: { id: "dpl_new", address: canary },
    };
    clock.ms += 6_000;
    expect(await who(await get(stable))).toBe("200 dpl_new new");
  });

  it("when something else answers at the candidate's address: a login page is no candidate", async () => {
    const login = await serve((_, response) => response.writeHead(200).end("Please sign in"));
    const { stable } = await world({ candidate: { id: "dpl_new", address: login } });
    expect(await who(await get(stable))).toBe("200 dpl_old old");
  });

  it("when the candidate dies between: what may be asked twice is, of the rest it is said that nobody knows", async () => {
    let dead = false;
    const { stable, seen, clock } = await world({}, (request, response) => {
      if (dead) return void request.socket.destroy();
      service("new")(request, response);
    });
    expect(await who(await get(stable))).toBe("200 dpl_new new");
    dead = true;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
    clock.ms += 6_000;
    const posted = await fetch(stable, { method: "POST", body: "once" });
    expect(posted.status).toBe(502);
    expect(posted.headers.get("x-atoms-split")).toBe("dpl_new");
    expect(seen.old.map((one) => one.method)).toEqual(["GET"]);
    // And from then on, for a while, it is left alone.
    expect(await who(await fetch(stable, { method: "POST", body: "next" }))).toBe("200 dpl_old old next");
  });

  it("an old copy of the weights does not bring back what was ended", async () => {
    const { stable, config, clock } = await world();
    const old = config.weights as Weights;
    expect(await who(await get(stable))).toBe("200 dpl_new new");
    config.weights = { ...old, epoch: 2, state: "aborted" };
    clock.ms += 1_500;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
    config.weights = old;
    clock.ms += 6_000;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
  });

  it("reads the weights once for many requests, in each deployment, and anew within a second of a change", async () => {
    const { stable, config, clock } = await world();
    await Promise.all(Array.from({ length: 20 }, () => get(stable).then((answer) => answer.text())));
    expect(config.reads).toBe(2);
    config.weights = { ...(config.weights as Weights), epoch: 2, state: "aborted" };
    clock.ms += 1_000;
    expect(await who(await get(stable))).toBe("200 dpl_old old");
    expect(config.reads).toBe(3);
  });
});

describe("clients without cookies", () => {
  const share = { shares: [0.5, 1] };
  const answerFor = async (url: string, headers: Record<string, string>) =>
    (await get(url, headers)).headers.get("x-atoms-split");

  it("are told apart by how they sign in, else by address and program, and stay where they are", async () => {
    const { stable } = await world(share);
    for (const headers of [
      ...Array.from({ length: 12 }, (_, at) => ({ authorization: `Bearer token-${at}` })),
      ...Array.from({ length: 12 }, (_, at) => ({ "x-forwarded-for": `203.0.113.${at}, 10.0.0.1` })),
    ] as Record<string, string>[]) {
      const first = await answerFor(stable, headers);
      for (let turn = 0; turn < 3; turn++) expect(await answerFor(stable, headers)).toBe(first);
    }
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, at) => answerFor(stable, { authorization: `Bearer ${at}` })),
    );
    const canary = many.filter((name) => name === "dpl_new").length;
    expect(canary).toBeGreaterThan(10);
    expect(canary).toBeLessThan(50);
  });

  it("keep their side when they sign in from elsewhere", async () => {
    const { stable } = await world(share);
    for (let at = 0; at < 8; at++) {
      const signed = { authorization: `Bearer ${at}` };
      const one = await answerFor(stable, { ...signed, "x-forwarded-for": "198.51.100.1" });
      expect(await answerFor(stable, { ...signed, "x-forwarded-for": "198.51.100.2" })).toBe(one);
    }
  });
});

describe("a candidate behind TLS", () => {
  const secure = async () => {
    const { stable, config } = await world();
    const split = splitTraffic({ deployment: "dpl_new", env: {} });
    const server = createSecureServer({ cert: certificate, key }, (request, response) =>
      split(request, response, () => service("new")(request, response)),
    );
    servers.push(server as unknown as Server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `https://shop-new.localhost:${(server.address() as AddressInfo).port}`;
    config.weights = { ...(config.weights as Weights), candidate: { id: "dpl_new", address } };
    return stable;
  };
  const trusting = "NODE_TLS_REJECT_UNAUTHORIZED";
  afterEach(() => {
    delete process.env[trusting];
  });

  it("is asked by its name, with bodies and without, again and again", async () => {
    const stable = await secure();
    process.env[trusting] = "0";
    for (let turn = 0; turn < 3; turn++) {
      expect(await who(await get(stable))).toBe("200 dpl_new new");
      const posted = await fetch(stable, { method: "POST", body: "kept" });
      expect(await who(posted)).toBe("200 dpl_new new kept");
    }
  });

  it("whose certificate nobody vouches for is no candidate", async () => {
    const stable = await secure();
    expect(await who(await get(stable))).toBe("200 dpl_old old");
    expect(await who(await fetch(stable, { method: "POST", body: "kept" }))).toBe("200 dpl_old old kept");
  });
});
