import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fault, type FaultyCloud, startFaultyCloud } from "./faulty-cloud.js";
import { openShop, playbook, type Shop } from "./shop.js";

const vercel = `platforms:
  vercel:
    token: \${VERCEL_TOKEN}
    project: shop
`;

let shop: Shop;
let cloud: FaultyCloud;
/** A platform that takes every call and answers none. */
let silent: Server;
let good: string;

beforeAll(async () => {
  shop = openShop(playbook(vercel));
  shop.env["VERCEL_TOKEN"] = "tok_of_the_test";
  cloud = await startFaultyCloud(shop);
  silent = createServer(() => undefined);
  await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
  const { last } = await shop.json("deploy");
  expect(last.release).toMatchObject({ state: "released" });
  good = last.release.candidate.id;
}, 240_000);

afterAll(async () => {
  await shop.close();
  await cloud?.close();
  silent.closeAllConnections();
  await new Promise((closed) => silent.close(closed));
}, 60_000);

const timeout = 240_000;

describe("Vercel", () => {
  it("that refuses the token is told of in every command, and the token is not", { timeout }, async () => {
    shop.env["ATOMS_VERCEL_API"] = cloud.api;
    for (const line of [["status"], ["deployments"], ["deploy"], ["rollback", "--yes"]]) {
      const ended = await shop.atoms(...line, "--platform", "vercel", "--json");
      const last = JSON.parse(ended.out.trim().split("\n").at(-1) ?? "");
      const problem = last.problem ?? last.production?.unknown ?? last.release?.problem;
      expect(JSON.stringify(problem), line.join(" ")).toMatch(/refuse[sd] the token/);
      expect(ended.out + ended.err).not.toContain("tok_of_the_test");
    }
  });

  it("that does not answer is given up in time", { timeout }, async () => {
    shop.env["ATOMS_VERCEL_API"] = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { code, last } = await shop.json("status", "--platform", "vercel");
    expect(code).toBe(0);
    expect(last.production.unknown.code).toBe("ATM-916");
  });

  it("that is not there is told as such", { timeout }, async () => {
    shop.env["ATOMS_VERCEL_API"] = "http://127.0.0.1:1";
    const { last } = await shop.json("status", "--platform", "vercel");
    expect(last.production.unknown.code).toBe("ATM-302");
    expect(last.production.unknown.happened).toContain("127.0.0.1:1");
  });
});

describe("a platform that fails in the middle of a release", () => {
  // With a control plane in the background every command is quick.
  beforeAll(async () => {
    expect((await shop.json("up")).code).toBe(0);
  }, 120_000);

  const promote = { method: "POST", path: "/promote/" };
  const create = { method: "POST", path: "^/deployments$" };

  it.each<{ how: string; faults: Fault[] }>([
    { how: "has too many requests", faults: [{ ...promote, kind: "before", status: 429, times: 2 }] },
    { how: "says 500 although it has promoted", faults: [{ ...promote, kind: "after" }] },
    { how: "cuts the connection after it made the deployment", faults: [{ ...create, kind: "cut-after" }] },
    {
      how: "is down for a moment",
      faults: [{ path: "^/projects/shop$", kind: "before", status: 503, times: 2 }],
    },
  ])("and $how: the release goes on, and makes nothing twice", { timeout }, async ({ faults }) => {
    for (const fault of faults) await cloud.fault(fault);
    const { code, last } = await shop.json("deploy");
    await cloud.clearFaults();
    expect(code).toBe(0);
    good = last.release.candidate.id;
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
    const { last: all } = await shop.json("deployments", "--limit", "100");
    expect(all.filter((d: { release: string }) => d.release === last.release.id)).toHaveLength(1);
  });

  it("and refuses to promote for good: production is proven to serve what it did", { timeout }, async () => {
    await cloud.fault({ ...promote, kind: "before", status: 400, times: 1_000 });
    const { code, last } = await shop.json("deploy");
    await cloud.clearFaults();
    expect(code).toBe(3);
    expect(last.release).toMatchObject({ state: "rolled back" });
    expect(last.release.problem.stillTrue).toBe(`Production serves ${good} again, proven on every host.`);
    expect(await cloud.visit()).toEqual({ status: 200, deployment: good });
  });
});
