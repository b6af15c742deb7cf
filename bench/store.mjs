// The embedded store: writes, checking the chain, opening; and the engine's start, which every command that acts pays.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../packages/store/dist/index.js";

const starter = fileURLToPath(new URL("lib/start-engine.mjs", import.meta.url));

/** @param {{ runs: number }} options */
export default async function measure({ runs }) {
  const root = mkdtempSync(join(tmpdir(), "atoms-bench-"));
  const folder = join(root, "store");
  let store;
  let written = 0;
  const open = async () => {
    store = await openStore({ folder });
  };
  const append = (count) => store.ledger.append(Array.from({ length: count }, () => event(written++)));
  const rows = [];
  const row = async (what, bound, times, work) => {
    const values = [];
    for (let n = 0; n < times; n++) values.push(await ms(work));
    rows.push({ what: `store: ${what}`, values, bound });
  };

  try {
    await row("first open of a new folder", 3_500, 1, open);
    await append(10);
    await store.pool.query("create table bench (n int, text text)");
    await row("1,000 inserts, one at a time", 1_000, 3, async () => {
      for (let i = 0; i < 1_000; i++)
        await store.pool.query("insert into bench values ($1, $2)", [i, "a line"]);
    });
    await row("100,000 rows in one statement", 1_000, 3, () =>
      store.pool.query("insert into bench select n, 'a line' from generate_series(1, $1::int) n", [100_000]),
    );
    await row("100 ledger events, one at a time", 200, runs, async () => {
      for (let i = 0; i < 100; i++) await append(1);
    });
    await row("5,000 ledger events in one go", 1_000, 3, () => append(5_000));
    await append(Math.max(0, 20_000 - written));
    await row(`checking a ledger of ${written.toLocaleString("en")} entries`, 1_000, 3, () =>
      store.ledger.verify(),
    );
    await row("close, with the copy of the day", 2_000, 1, () => store.close());
    const reopened = [];
    for (let n = 0; n < runs; n++) {
      reopened.push(await ms(open));
      await store.close();
    }
    rows.push({ what: "store: reopen in a warm process", values: reopened, bound: 800 });

    // The first start makes the engine's tables and is not counted.
    const starts = Array.from({ length: runs + 1 }, () => started(folder)).slice(1);
    rows.push({
      what: "store: ready since process start",
      values: starts.map((one) => one.store),
      bound: 1_000,
    });
    rows.push({
      what: "engine: ready since process start",
      values: starts.map((one) => one.engine),
      bound: 1_500,
    });
  } finally {
    await store?.close();
    rmSync(root, { recursive: true, force: true });
  }
  return rows;
}

/** @returns {{ store: number, engine: number }} Milliseconds since the start of a process of its own. */
function started(folder) {
  return JSON.parse(execFileSync(process.execPath, [starter, folder], { encoding: "utf8" }));
}

function event(n) {
  return {
    key: `rel_bench/${n}`,
    kind: "phase.finished",
    at: Date.now(),
    actor: { kind: "atoms", name: "atoms", via: "flow" },
    service: "bench",
    environment: "production",
    release: "rel_bench",
    data: { phase: "deploy", ms: 1234, split: 0.25 },
  };
}

async function ms(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
