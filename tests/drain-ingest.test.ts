import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@atoms/engine";
import { type LocalCloud, startLocalCloud } from "@atoms/local-cloud";
import type { Bucket } from "@atoms/playbook/statistics";
import { undiciHttp, type VercelPlatform, vercelPlatform } from "@atoms/vercel";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DrainIngest, drainIngest } from "../apps/control-plane/src/ingest/index.js";
import { deployed, type Receiver, receiverFor } from "./drain-ingest.world.js";

// Exposure is counted and never assumed: what the local cloud's drains tell the ingest is what visitors met.

let folder: string;
let cloud: LocalCloud;
let platform: VercelPlatform;
let ingest: DrainIngest;
let receiver: Receiver;
const http = undiciHttp({ clock: systemClock });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-drains-"));
  cloud = await startLocalCloud({ folder });
  platform = vercelPlatform({
    name: "local",
    api: cloud.apiUrl,
    edgeUrl: cloud.edgeUrl,
    token: cloud.token,
    team: cloud.team.slug,
    project: "shop",
    clock: systemClock,
  });
  const secrets: Record<string, string> = { logs: "secret-of-logs", traces: "secret-of-traces" };
  ingest = drainIngest({
    secretOf: (drain) => secrets[drain],
    clock: systemClock,
    slow: [150],
    leaveOut: ["/health"],
    // The local cloud delivers within a fraction of a second; a busy machine takes longer.
    limits: { settleMs: 3_000 },
  });
  receiver = await receiverFor(ingest);
  const drain = async (name: string, schema: string, more: Record<string, string>, headers = {}) => {
    const answer = await fetch(`${cloud.apiUrl}/v1/drains`, {
      method: "POST",
      headers: { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" },
      body: JSON.stringify({
        name,
        projects: "all",
        schemas: { [schema]: { version: "v1" } },
        delivery: {
          type: "http",
          endpoint: `${receiver.url}/drains/${name}`,
          headers,
          secret: secrets[name],
          ...more,
        },
      }),
    });
    expect(answer.status).toBe(200);
  };
  await drain("logs", "log", { encoding: "ndjson", compression: "gzip" });
  await drain("traces", "trace", { encoding: "json" });
});

afterAll(async () => {
  await Promise.all([http.close(), platform?.close()]);
  await cloud?.close();
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

const sum = (buckets: readonly Bucket[], arm: "canary" | "stable", of: (c: Bucket["canary"]) => number) =>
  buckets.reduce((so, bucket) => so + of(bucket[arm]), 0);

test("the drains of the local cloud tell exactly what was sent to each deployment", async () => {
  const stable = await deployed(platform, "rel_1", "v1");
  const canary = await deployed(platform, "rel_2", "v2");
  const send = async (address: string, path: string, headers: Record<string, string> = {}) => {
    const result = await http.send({ url: `${address}${path}`, timeoutMs: 20_000, headers });
    return result.answered ? result.status : 0;
  };
  // Both processes are started before anything is counted.
  expect(await Promise.all([stable, canary].map(({ address }) => send(address, "/health")))).toEqual([
    200, 200,
  ]);

  const arms = {
    stable: { deployment: stable.id, address: stable.address, headers: {} },
    canary: { deployment: canary.id, address: canary.address, headers: {} },
  };
  const notes: string[] = [];
  const measured = ingest.source.measure(
    arms,
    { seconds: 4, split: 0.25 },
    new AbortController().signal,
    (note) => notes.push(note),
  );
  // The window begins with the next whole second.
  await systemClock.sleep(1_050);
  const trip = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  const visits: Promise<number>[] = [];
  for (let i = 0; i < 60; i++) {
    const { address } = i % 4 === 0 ? canary : stable;
    // Some of one caller's trace, some bad, some slow, some that no user sent.
    if (i % 10 === 1) visits.push(send(address, "/fail", trip));
    else if (i % 12 === 4) visits.push(send(address, "/slow", trip));
    else visits.push(send(address, `/orders/${i}`));
    if (i % 20 === 0)
      visits.push(send(address, "/health"), send(address, "/x", { "user-agent": "atoms-validation" }));
    await systemClock.sleep(20);
  }
  const statuses = await Promise.all(visits);
  expect(statuses.filter((status) => status === 500)).toHaveLength(6);
  expect(statuses.filter((status) => status === 200)).toHaveLength(60);

  const buckets = await measured;
  expect(buckets.length).toBeGreaterThanOrEqual(4);
  const exact = (arm: "canary" | "stable") => ({
    requests: sum(buckets, arm, (c) => c.requests),
    errors: sum(buckets, arm, (c) => c.errors),
    slow: sum(buckets, arm, (c) => c.slow?.["150"] ?? Number.NaN),
    timed: sum(buckets, arm, (c) => (c.latency ?? []).reduce((so, [, count]) => so + count, 0)),
    tools: sum(buckets, arm, (c) => c.tools?.calls ?? 0),
  });
  const canaryCounts = exact("canary");
  const stableCounts = exact("stable");
  // i % 4 === 0 is the canary: 15 visits, none of them to /fail (odd), 5 of them to /slow (4, 16, 28, 40, 52).
  expect(canaryCounts).toMatchObject({ requests: 15, errors: 0, timed: 15 });
  expect(stableCounts).toMatchObject({ requests: 45, errors: 6, timed: 39 });
  expect(canaryCounts.slow).toBeGreaterThanOrEqual(5);
  // Every answered call of a tool is in the line that the service printed: the orders.
  expect(canaryCounts.tools + stableCounts.tools).toBe(49);
  expect(notes).toEqual([]);

  const report = ingest.report();
  expect(report.deliveries.refused).toEqual({});
  expect(report.records).toMatchObject({ requests: 60, durations: 60, garbage: 0, late: 0, tooOld: 0 });
  expect(report.deployments.map(({ deployment, requests }) => [deployment, requests]).sort()).toEqual(
    [
      [canary.id, 15],
      [stable.id, 45],
    ].sort(),
  );
}, 60_000);
