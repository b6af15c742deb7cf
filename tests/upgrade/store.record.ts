import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { startFaultyCloud } from "../cli/faulty-cloud.js";
import { ownDatabase, testPostgres } from "../cli/own-database.js";
import { openShop, playbook } from "../cli/shop.js";
import { canary } from "./recorded.js";

/**
 * Records a store of this version of Atoms with a canary under way, for the tests of the versions after it:
 * `npm run chaos -- tests/upgrade/store.record.ts`, once for each version that is given away. It needs `pg_dump` and `tar`.
 */
it("records a store with a release under way", { timeout: 600_000 }, async () => {
  const run = promisify(execFile);
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"),
  ) as { version: string };
  const database = await ownDatabase(testPostgres());
  const shop = openShop(playbook(canary));
  shop.env["DATABASE_URL"] = database.url;
  const cloud = await startFaultyCloud(shop);
  const draft = mkdtempSync(join(tmpdir(), "atoms-record-"));
  try {
    const first = await shop.json("deploy", "--now");
    expect(first.last.release).toMatchObject({ state: "released" });
    const running = shop.start("deploy", "--now", "--strategy", "canary");
    await running.until((line) => line.kind === "traffic.step");
    running.kill("SIGKILL");
    await running.ended;
    await cloud.close();

    const dump = await run("pg_dump", ["--inserts", "--no-owner", "--no-privileges", database.url], {
      maxBuffer: 100_000_000,
    });
    // What psql alone understands, and what belongs to one server.
    const sql = dump.stdout
      .split("\n")
      .filter((line) => !/^(\\|--|SET |SELECT pg_catalog.set_config)/.test(line))
      .join("\n");
    writeFileSync(join(draft, "store.sql.gz"), gzipSync(sql, { level: 9 }));
    writeFileSync(join(draft, "recorded.json"), JSON.stringify({ version, folder: shop.folder }));
    for (const kept of ["cloud", "blobs", "snapshots"])
      cpSync(join(shop.folder, ".atoms", kept), join(draft, ".atoms", kept), { recursive: true });
    for (const file of ["playbook.yaml", "package.json", "server.js"])
      cpSync(join(shop.folder, file), join(draft, file));
    const stores = fileURLToPath(new URL("stores", import.meta.url));
    mkdirSync(stores, { recursive: true });
    await run("tar", ["-czf", join(stores, `${version}.tgz`), "-C", draft, "."]);
  } finally {
    await shop.close();
    await cloud.close();
    await database.drop();
    rmSync(draft, { recursive: true, force: true });
  }
});
