/** Bad input at the size the issue of it is about: minutes of work, so not in the default suite. */
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import * as tar from "tar";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CloudUnderTest, eventually, nodeService, saying, sha1 } from "./testing/cloud-under-test.js";

const MB = 1024 * 1024;
let t: CloudUnderTest;
let temporary: string;
beforeAll(async () => {
  t = await CloudUnderTest.start();
  temporary = await mkdtemp(join(tmpdir(), "large-"));
  await t.deploy("beside", saying("here"), { target: "production" });
  await t.visit("beside.localhost");
});
afterAll(async () => {
  await t.end();
  await rm(temporary, { recursive: true, force: true });
});

/** Visits another deployment all the while. @returns what ends it and gives the slowest visit in ms */
function visitingBeside(): () => Promise<number> {
  let slowest = 0;
  let over = false;
  const visits = (async () => {
    while (!over) {
      const began = performance.now();
      expect((await t.visit("beside.localhost")).body).toBe("here");
      slowest = Math.max(slowest, performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    over = true;
    await visits;
    return slowest;
  };
}

it("a deployment that prints 100 MB: bounded on the disk and in memory, the newest lines kept, others served", async () => {
  const lines = 100 * 1024;
  const handler = `const text = "x".repeat(1015); for (let i = 1; i <= ${lines}; i++) console.log(String(i).padStart(7), text); response.end("done");`;
  const one = await t.deploy("loud", nodeService(handler));
  const before = process.memoryUsage().rss;
  const end = visitingBeside();
  let highest = 0;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 50);
  expect((await t.visit(one.url)).body).toBe("done");
  await eventually(async () => {
    const { body } = await t.api("GET", `/v1/projects/loud/deployments/${one.id}/runtime-logs`);
    return String(JSON.parse(String(body)).message).startsWith(` ${lines} x`);
  });
  clearInterval(watch);
  expect(await end()).toBeLessThan(10_000);
  const folder = join(t.folder, "deployments", one.id);
  for (const name of ["runtime.ndjson", "runtime.ndjson.1"])
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(4 * MB);
  expect(highest - before).toBeLessThan(400 * MB);
}, 180_000);

it("an archive of 100,000 files is refused before one of them is written, and others are served meanwhile", async () => {
  const file = join(temporary, "many.tar.gz");
  await packMany(file, 100_000);
  const parts: Buffer[] = [];
  for await (const part of createReadStream(file)) parts.push(part as Buffer);
  const bytes = Buffer.concat(parts);
  const digest = sha1(bytes);
  const stored = await t.api("POST", "/v2/files", bytes, {
    "content-type": "application/octet-stream",
    "x-vercel-digest": digest,
  });
  expect(stored.status).toBe(200);
  const end = visitingBeside();
  const files = [{ file: ".vercel/source.tgz.part1", sha: digest, size: bytes.length }];
  const created = await t.api("POST", "/v13/deployments", { name: "many", files });
  const seen = await t.built(created.body.id);
  expect([seen.readyState, seen.errorStep]).toEqual(["ERROR", "source"]);
  expect(seen.errorMessage).toContain("more than 50000 files");
  const left = await readdir(join(t.folder, "deployments", seen.id, "source"), { recursive: true });
  expect(left).toEqual([".vercel"]);
  expect(await end()).toBeLessThan(10_000);
}, 180_000);

it("an announcement of 100,000 files is refused at once", async () => {
  const files = Array.from({ length: 100_000 }, (_, i) => ({ file: `f${i}`, sha: sha1(String(i)), size: 1 }));
  const answer = await t.api("POST", "/v13/deployments", { name: "many", files });
  expect([answer.status, answer.body.error.code]).toEqual([400, "too_many_files"]);
  expect(answer.body.error.message).toContain("at most 50000 files; this one has 100000");
}, 60_000);

it("40,000 files, within the limit, are laid out and served", async () => {
  const file = join(temporary, "fits.tar.gz");
  await packMany(file, 40_000);
  const parts: Buffer[] = [];
  for await (const part of createReadStream(file)) parts.push(part as Buffer);
  const data = Buffer.concat(parts).toString("base64");
  const files = [{ file: ".vercel/source.tgz.part1", data, encoding: "base64" }];
  const created = await t.api("POST", "/v13/deployments", { name: "fits", files });
  for (let i = 0; i < 60; i++) {
    const seen = (await t.api("GET", `/v13/deployments/${created.body.id}`)).body;
    if (seen.readyState !== "QUEUED" && seen.readyState !== "BUILDING") break;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
  const seen = await t.built(created.body.id);
  expect([seen.readyState, seen.errorMessage]).toEqual(["READY", undefined]);
  expect((await t.visit(seen.url, "/d39/f39999.txt")).body).toBe("39999");
}, 180_000);

/** Writes an archive of small files without making them on the disk first. */
async function packMany(file: string, count: number): Promise<void> {
  const out = createGzip({ level: 1 });
  const written = new Promise<void>((resolve, reject) => {
    out.pipe(createWriteStream(file)).on("finish", resolve).on("error", reject);
  });
  for (let i = 0; i < count; i++) {
    const text = String(i);
    const path = `d${Math.floor(i / 1_000)}/f${i}.txt`;
    const header = new tar.Header({ path, type: "File", size: text.length, mode: 0o644, mtime: new Date(0) });
    const block = Buffer.alloc(1024);
    header.encode(block, 0);
    block.write(text, 512);
    if (!out.write(block)) await new Promise((resolve) => out.once("drain", resolve));
  }
  out.end(Buffer.alloc(1024));
  await written;
}
