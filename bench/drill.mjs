// What `atoms recover SCENARIO --drill` measures on this machine: from the failure until every production host is proven well
// (RTO, bound 60 s), the age of what is lost (RPO, bound: the playbook's target), and how long somebody with old secrets stays in
// (bound 60 s): for the loss of the whole server, the loss of the database, rows that a release spoils, and a leak of secrets.
// Needs PostgreSQL's server programs in PATH or in Debian's folders, and psql.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const atoms = fileURLToPath(new URL("../apps/cli/bin/atoms.js", import.meta.url));
/** A playbook's promise: of so much at most may be lost, with a backup five seconds before the failure, or before a release. */
const rpo = 10_000;
const rpoOfRelease = 30_000;

const service = `import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
const url = new URL(process.env.DATABASE_URL);
const target = createHash("sha256").update(url.host + url.pathname).digest("hex").slice(0, 8);
const ask = (done) => execFile("psql", ["-qAtX", url.href, "-c", "select 1"], { timeout: 5000 }, (error) => done(!error));
const notes = (request, response) => {
  const right = request.headers.authorization === "Bearer " + process.env.API_TOKEN;
  response.writeHead(right ? 200 : 401).end(right ? "[]" : "");
};
createServer((request, response) => request.url === "/api/notes" ? notes(request, response) : ask((well) => {
  const status = well ? "healthy" : "unhealthy";
  response.writeHead(well ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ status, checks: { database: { status, target } } }));
})).listen(process.env.PORT);
`;

/** What is drilled, and by which figures it is judged. */
const drilled = [
  { what: "server lost", scenario: "database_failure", failure: "server", rpo },
  { what: "database lost", scenario: "database_failure", failure: "database", rpo },
  { what: "rows spoiled by a release", scenario: "data_corruption", rpo: rpoOfRelease },
  { what: "secrets leaked", scenario: "security_breach" },
];

/** @param {{ runs: number }} options */
export default async function drill({ runs }) {
  const rows = [];
  for (const one of drilled) {
    const measured = await drills(one, Math.min(runs, 5));
    const figures = [
      { figure: "RTO", name: "rtoMs", bound: 60_000 },
      { figure: "RPO", name: "rpoMs", bound: one.rpo },
      { figure: "shut out", name: "shutOutMs", bound: 60_000 },
    ];
    for (const { figure, name, bound } of figures)
      if (measured.every((each) => each[name] !== undefined))
        rows.push({
          what: `drill, ${one.what}: ${figure}`,
          values: measured.map((each) => each[name]),
          bound,
        });
  }
  return rows;
}

async function drills({ scenario, failure = "server", rpo: target = rpo }, runs) {
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
  targets: { rto: 1m, rpo: ${target}ms, shut_out: 1m }
  security_breach:
    secrets:
      - { variable: API_TOKEN, kind: generated }
      - { variable: DATABASE_URL, kind: postgres_password, database: main }
  drill:
    failure: ${failure}
    after_backup: 5s
    intruder: [{ variable: API_TOKEN, path: /api/notes }]
`,
    );
    const measured = [];
    for (let n = 0; n < runs; n++) {
      const asked = ["recover", scenario, "--drill", "--json"];
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
