import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import type { DnsRecord } from "@atoms/playbook";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startNameServer } from "./name-server.js";

let names: Awaited<ReturnType<typeof startNameServer>>;
let records: Record<string, DnsRecord[]>;
const asked = new Resolver({ timeout: 10_000, tries: 3 });

beforeAll(async () => {
  records = {
    "app.example.test": [
      { type: "A", value: "192.0.2.1", ttl: 30 },
      { type: "A", value: "192.0.2.2", ttl: 30 },
      { type: "AAAA", value: "2001:db8::1", ttl: 30 },
    ],
    "www.example.test": [{ type: "CNAME", value: "app.example.test", ttl: 30 }],
  };
  names = await startNameServer(async (name) => records[name.toLowerCase()] ?? []);
  asked.setServers([names.server]);
});
afterAll(() => names.close());

it("answers a resolver with the records of the moment, whatever it was sent before", async () => {
  const stray = createSocket("udp4");
  const [, port] = names.server.split(":");
  await new Promise((sent) => stray.send("no question at all", Number(port), "127.0.0.1", sent));
  stray.close();
  expect(await asked.resolve4("app.example.test")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(await asked.resolve6("app.example.test")).toEqual(["2001:db8::1"]);
  expect(await asked.resolveCname("www.example.test")).toEqual(["app.example.test"]);
  records["app.example.test"] = [{ type: "A", value: "192.0.2.9", ttl: 30 }];
  expect(await asked.resolve4("app.example.test", { ttl: true })).toEqual([
    { address: "192.0.2.9", ttl: 30 },
  ]);
});

it("has no record where there is none", async () => {
  await expect(asked.resolve4("other.example.test")).rejects.toMatchObject({ code: "ENODATA" });
});
