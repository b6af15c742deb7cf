import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LedgerEvent } from "@atoms/playbook";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { createToken } from "../verbs/index.js";
import { ledgerFeed } from "./ledger-feed.js";
import { apiApp, serveApi } from "./server.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const token = "e".repeat(64);

let folder: string;
let plane: ControlPlane;
let served: { url: string; close(): Promise<void> };
let playbook: string;
let count = 0;

const event = (environment = "production", data: LedgerEvent["data"] = {}): LedgerEvent => ({
  key: `e${++count}`,
  kind: "test",
  at: count,
  actor: ada,
  service: "shop",
  environment,
  data,
});
const append = async (...events: LedgerEvent[]) => (await plane.store()).ledger.append(events);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-feed-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, "version: 1\nservice: { name: shop }\n");
  plane = await openControlPlane({ places: placesOf(folder), env: {}, kind: "background", print: () => {} });
  await plane.store();
  served = await serveApi(apiApp(plane, { token, own: { playbook } }), 0);
}, 240_000);
afterAll(async () => {
  await served.close();
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

/** Reads a stream until it has told of so many events. */
async function listen(headers: Record<string, string>, wanted: number, meanwhile = async () => {}) {
  const stop = new AbortController();
  const response = await fetch(`${served.url}/api/v1/events`, { headers, signal: stop.signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const told: { id?: string; event: string; data: { key?: string } }[] = [];
  const decoder = new TextDecoder();
  let text = "";
  const reader = response.body?.getReader();
  let ready = "last-event-id" in headers;
  if (ready) await meanwhile();
  while (told.length < wanted) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block.split("\n").map((line) => [line.split(": ")[0] ?? "", line.slice(line.indexOf(": ") + 2)]),
      );
      const [name, id] = [fields.get("event"), fields.get("id")];
      if (name === "hello" && !ready) {
        ready = true;
        await meanwhile();
      } else if (name !== undefined)
        told.push({
          ...(id === undefined ? {} : { id }),
          event: name,
          data: JSON.parse(fields.get("data") ?? "null"),
        });
    }
  }
  stop.abort();
  return told;
}
const owner = { authorization: `Bearer ${token}` };

it("tells what comes, to all who listen", async () => {
  let ready = 0;
  const add = async () => {
    ready += 1;
    if (ready === 2) await append(event(), event());
  };
  const told = await Promise.all([listen(owner, 2, add), listen(owner, 2, add)]);
  for (const one of told) expect(one.map(({ event: name }) => name)).toEqual(["entry", "entry"]);
});

it("goes on after the last event that a listener knows, without a gap and without telling twice", async () => {
  const entries = await append(...Array.from({ length: 1_200 }, () => event()));
  const [first] = entries;
  const since = { ...owner, "last-event-id": String((first?.seq ?? 0) - 1) };
  const told = await listen(since, 1_203, async () => {
    await append(event(), event(), event());
  });
  const places = told.map(({ id }) => Number(id));
  expect(places).toEqual(Array.from({ length: 1_203 }, (_, i) => (first?.seq ?? 0) + i));
});

it("tells who is too far behind, or ahead of the ledger, to read anew", { timeout: 120_000 }, async () => {
  await append(...Array.from({ length: 5_001 }, () => event()));
  expect(await listen({ ...owner, "last-event-id": "0" }, 1)).toMatchObject([{ event: "reset" }]);
  expect(await listen({ ...owner, "last-event-id": "99999999" }, 1)).toMatchObject([{ event: "reset" }]);
  const odd = await fetch(`${served.url}/api/v1/events`, { headers: { ...owner, "last-event-id": "x" } });
  expect(odd.status).toBe(400);
});

it("tells of an environment only to who may see it", async () => {
  const { secret } = await createToken.run(
    plane,
    { playbook, name: "staging", role: "viewer", in: ["staging"] },
    ada,
  );
  const told = await listen({ authorization: `Bearer ${secret}` }, 1, async () => {
    await append(event("production", { of: 1 }), event("staging", { of: 2 }));
  });
  expect(told).toMatchObject([{ data: { environment: "staging", data: { of: 2 } } }]);
});

it("lets go of a listener that never reads, keeps little for it, and tells the others everything", async () => {
  const feed = ledgerFeed(plane, 5_000);
  const listener = { caller: "x", sees: () => true, counts: async () => true };
  const [silent, reader] = [feed.open(listener, undefined), feed.open(listener, undefined).getReader()];
  const decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    text += decoder.decode((await reader.read()).value, { stream: true });
  };
  while (!text.includes("hello")) await read();
  const filler = "x".repeat(200_000);
  const sent = (async () => {
    for (let one = 0; one < 20; one++) await append(event("production", { filler }));
  })();
  while (text.split("event: entry").length <= 20 || !text.endsWith("\n\n")) await read();
  await sent;
  while (feed.listening() > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  // It is told of the end, not of what it did not read.
  await expect(silent.getReader().closed).rejects.toThrow("does not read");
  await reader.cancel();
  expect(feed.listening()).toBe(0);
}, 60_000);

it("lets nobody take all streams", () => {
  const feed = ledgerFeed(plane);
  const listener = { caller: "x", sees: () => true, counts: async () => true };
  const streams = Array.from({ length: 100 }, () => feed.open(listener, undefined));
  expect(() => feed.open(listener, undefined)).toThrow("ATM-947");
  streams.push(feed.open({ ...listener, caller: "y" }, undefined));
  for (const stream of streams) void stream.cancel();
  expect(feed.listening()).toBe(0);
});
