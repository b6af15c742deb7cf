// What `atoms recover database_failure --drill` measures on this machine: from the failure until every production host is
// proven well (RTO, bound 60 s), and the age of what is lost (RPO, bound: the playbook's target), for the loss of the whole
// server and for the loss of the database. Needs PostgreSQL's server programs in PATH or in Debian's folders, and psql.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const atoms = fileURLToPath(new URL("../apps/cli/bin/atoms.js", import.meta.url));
/** A playbook's promise: of ten seconds at most may be lost, with a backup five seconds before the failure. */
const rpo = 10_000;

const service = `import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
const url = new URL(process.env.DATABASE_URL);
const target = createHash("sha256").update(url.host + url.pathname).digest("hex").slice(0, 8);
const ask = (done) => execFile("psql", ["-qAtX", url.href, "-c", "select 1"], { timeout: 5000 }, (error) => done(!error));
createServer((request, response) => ask((well) => {
  const status = well ? "healthy" : "unhealthy";
  response.writeHead(well ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ status, checks: { database: { status, target } } }));
})).listen(process.env.PORT);
`;

/** @param {{ runs: number }} options */
export default async function drill({ runs }) {
  const rows = [];
  for (const failure of ["server", "database"]) {
    const measured = await drills(failure, Math.min(runs, 5));
    rows.push(
      { what: `drill, ${failure} lost: RTO`, values: measured.map(({ rtoMs }) => rtoMs), bound: 60_000 },
      { what: `drill, ${failure} lost: RPO`, values: measured.map(({ rpoMs }) => rpoMs), bound: rpo },
    );
  }
  return rows;
}

async function drills(failure, runs) {
  const folder = mkdtempSync(join(tmpdir(), "atoms-bench-drill-"));
  try {
    mkdirSync(join(folder, "service"));
    const manifest = { name: "shop", type: "module", scripts: { start: "node server.js" } };
    writeFileSync(join(folder, "service", "package.json"), JSON.stringify(manifest));
    writeFileSync(join(folder, "service", "server.js"), service);
    writeFileSync(
      join(folder, "playbook.yaml"),
      `version: 1
service: { name: shop, source: service }
backup: { databases: { main: { url: "postgres://nobody@db.invalid/shop" } } }
recovery:
  targets: { rto: 1m, rpo: ${rpo}ms }
  drill: { failure: ${failure}, after_backup: 5s }
`,
    );
    const measured = [];
    for (let n = 0; n < runs; n++) {
      const asked = ["recover", "database_failure", "--drill", "--json"];
      // Beyond a target it exits with 1, and has measured all the same.
      const { stdout } = await run(process.execPath, [atoms, ...asked], { cwd: folder }).catch(
        (error) => error,
      );
      const done = JSON.parse(stdout || "{}");
      if (done.measured === undefined) throw new Error(`a drill ended as ${done.state}: ${done.because}`);
      measured.push(done.measured);
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
