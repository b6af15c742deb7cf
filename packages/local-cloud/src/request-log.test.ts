import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RequestRecord } from "./model.js";
import { RequestLog } from "./request-log.js";

/** More than one piece of memory holds. */
const REQUESTS = 2_000;

let folder: string;
let log: RequestLog;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "local-cloud-requests-"));
  log = await RequestLog.open(join(folder, "requests.ndjson"), 16 * 1024 * 1024);
  for (let n = 0; n < REQUESTS; n++) log.add(request(n));
});
afterAll(async () => {
  await log.flush();
  rmSync(folder, { recursive: true, force: true });
});

const request = (n: number): RequestRecord => ({
  id: `local1::local::abcde-${n}-fghij`,
  at: n * 10,
  projectId: "prj_1",
  deploymentId: "dpl_1",
  target: "production",
  branch: null,
  method: "GET",
  host: "shop.localhost",
  path: `/${n}`,
  status: n % 100 === 0 ? 503 : 200,
  runtimeStatus: 200,
  error: null,
  durationMs: 1.5,
  bytesOut: 1024,
  clientIp: "127.0.0.1",
  userAgent: "a browser of the ordinary kind, with a name as long as theirs are",
  referer: null,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: null,
  instance: "ins_1",
});

const numbers = (found: readonly RequestRecord[]) => found.map(({ path }) => Number(path.slice(1)));

describe("the log of requests", () => {
  it("gives all of them, newest first and as they were", async () => {
    const found = await log.newest(() => true);
    expect(numbers(found)).toEqual([...Array(REQUESTS).keys()].reverse());
    expect(found.at(-1)).toEqual(request(0));
  });

  it.each([
    { asked: { from: 19_960 }, given: [1999, 1998, 1997, 1996] },
    { asked: { to: 20 }, given: [2, 1, 0] },
    { asked: { from: 5_000, to: 5_010 }, given: [501, 500] },
    { asked: { most: 2 }, given: [1999, 1998] },
    { asked: { to: 9_995, most: 1 }, given: [999] },
    { asked: { from: 30_000 }, given: [] },
  ])("gives those of $asked", async ({ asked, given }) => {
    expect(numbers(await log.newest(() => true, asked))).toEqual(given);
  });

  it("gives those that pass, and those with given ids", async () => {
    expect(numbers(await log.newest(({ status }) => status === 503, { most: 3 }))).toEqual([
      1900, 1800, 1700,
    ]);
    const ids = [7, 1234, 99_999].map((n) => request(n).id);
    expect([...(await log.named(new Set(ids))).keys()].toSorted()).toEqual([ids[1], ids[0]].toSorted());
    expect((await log.named(new Set())).size).toBe(0);
  });

  it("knows those again that an earlier version wrote, with fewer members", async () => {
    const { referer: _, parentSpanId: __, ...earlier } = request(1);
    const path = join(folder, "earlier.ndjson");
    writeFileSync(path, `${JSON.stringify(earlier)}\n{"torn by a ki`);
    const again = await RequestLog.open(path, 1024 * 1024);
    expect(await again.newest(() => true)).toEqual([earlier]);
  });

  it("knows them again after a new start, and counts them by minute and status", async () => {
    await log.flush();
    const again = await RequestLog.open(join(folder, "requests.ndjson"), 16 * 1024 * 1024);
    expect(await again.newest(() => true)).toEqual(await log.newest(() => true));
    expect(again.tallies()).toEqual([
      { at: 0, projectId: "prj_1", deploymentId: "dpl_1", status: 503, requests: 20 },
      { at: 0, projectId: "prj_1", deploymentId: "dpl_1", status: 200, requests: 1980 },
    ]);
  });
});
