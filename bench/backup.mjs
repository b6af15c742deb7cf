// A full backup and its restoring, beside PostgreSQL's own programs on the same database: 1 GB, or BENCH_BACKUP_MB. A
// backup also counts and hashes every row, encrypts and digests; it may take a quarter longer than `pg_dump` alone.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fullPorts } from "../apps/control-plane/dist/backups/full.js";
import { placesOf } from "../apps/control-plane/dist/places.js";
import { systemClock } from "../packages/engine/dist/index.js";
import {
  createFullBackup,
  databaseIn,
  fullIdAt,
  lookAtTarget,
  PlaybookSettings,
  restoreDatabase,
} from "../playbook/dist/index.js";
import { start } from "../scripts/postgres.mjs";

const megabytes = Number(process.env.BENCH_BACKUP_MB ?? 1_000);
/** Rows of one megabyte, each about 250 bytes with its header. */
const rowsPerMegabyte = 4_000;

/** @param {{ runs: number }} options */
export default async function measure({ runs }) {
  const postgres = await start();
  const folder = mkdtempSync(join(tmpdir(), "atoms-bench-backup-"));
  try {
    const url = postgres.url.replace(/\/postgres$/, "/bench");
    const psql = (address, text) => execFileSync("psql", ["-qX", address, "-c", text]);
    psql(postgres.url, "create database bench");
    for (let part = 0; part < 4; part++)
      psql(
        url,
        `create table t${part} (id bigint primary key, at timestamptz, share float8, text text);
         insert into t${part} select i, timestamptz '2026-01-01' + i * interval '1 s', random(),
           md5(i::text) || md5((i + 1)::text) || repeat('words that come again ', 4) || md5((i + 2)::text)
         from generate_series(1, ${Math.round((megabytes * rowsPerMegabyte) / 4)}) i`,
      );
    psql(url, "vacuum analyze");
    const settings = PlaybookSettings.parse({
      version: 1,
      service: { name: "bench" },
      backup: { databases: { main: { url } } },
    });
    const plane = { places: placesOf(folder), clock: systemClock, env: process.env };
    let comparing = 0;
    const ports = fullPorts(plane, { settings }, [], ({ doing }) => {
      if (comparing === 0 && doing.startsWith("comparing")) comparing = performance.now();
    });
    const dump = join(folder, "plain.dump");
    const ratios = { dump: [], restore: [], compared: [] };
    const times = { pgDump: [], backup: [], pgRestore: [], restore: [] };
    for (let run = 0; run < Math.min(runs, 3); run++) {
      times.pgDump.push(await ms(() => execFileSync("pg_dump", ["-Fc", `--dbname=${url}`, "-f", dump])));
      let made;
      times.backup.push(
        await ms(async () => {
          const at = systemClock.now();
          made = await createFullBackup(
            {
              id: fullIdAt(at, "b0b0"),
              service: "bench",
              environment: "production",
              platform: "local",
              at,
              by: "bench",
              databases: settings.backup.databases,
              state: undefined,
            },
            ports,
          );
        }),
      );
      psql(postgres.url, "create database plain");
      const plain = postgres.url.replace(/\/postgres$/, "/plain");
      times.pgRestore.push(await ms(() => execFileSync("pg_restore", [`--dbname=${plain}`, dump])));
      psql(postgres.url, "drop database plain");
      comparing = 0;
      const began = performance.now();
      const kept = databaseIn(made.backup, "main");
      const into = postgres.url.replace(/\/postgres$/, "/again");
      const target = await lookAtTarget(made.backup, kept, into, false, ports);
      await restoreDatabase(made.backup, kept, target, { aside: "again_before" }, ports);
      times.restore.push(comparing - began);
      ratios.compared.push((performance.now() - began) / times.pgRestore.at(-1));
      ratios.dump.push(times.backup.at(-1) / times.pgDump.at(-1));
      ratios.restore.push(times.restore.at(-1) / times.pgRestore.at(-1));
      await ports.vault.remove(made.backup.id);
      psql(postgres.url, "drop database again");
    }
    const of = `${megabytes} MB`;
    return [
      { what: `backup: pg_dump of ${of}`, values: times.pgDump },
      { what: `backup: of ${of}, counted, hashed and encrypted`, values: times.backup },
      { what: "backup: as a share of pg_dump's time", values: ratios.dump, bound: 1.25, unit: "x" },
      { what: `backup: pg_restore of ${of}`, values: times.pgRestore },
      { what: `backup: restored from the encrypted backup, ${of}`, values: times.restore },
      { what: "backup: as a share of pg_restore's time", values: ratios.restore, bound: 1.25, unit: "x" },
      { what: "backup: the same, with every row compared", values: ratios.compared, unit: "x" },
    ];
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ms(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
