import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { postgresDatabases } from "@atoms/databases";
import { systemClock } from "@atoms/engine";
import type { LedgerEntry } from "@atoms/playbook";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alive } from "../../background/process-file.js";
import { databasePrefix, serverFolders } from "./order.js";

const program = fileURLToPath(new URL("../../../../cli/dist/main.js", import.meta.url));

/** A service that opens a session on its database for every look at its health, and says which it uses. */
const service = `import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createServer } from "node:http";
const url = new URL(process.env.DATABASE_URL);
const target = createHash("sha256").update(url.hostname + ":" + url.port + url.pathname).digest("hex").slice(0, 8);
const opens = () => new Promise((resolve) =>
  execFile("psql", ["-qAt", "--no-psqlrc", url.href, "-c", "select 1"], { timeout: 10_000 }, (error) => resolve(error === null)));
createServer(async (request, response) => {
  if (request.url === "/api/notes") {
    const right = request.headers.authorization === "Bearer " + process.env.API_TOKEN;
    response.writeHead(right ? 200 : 401).end(right ? "[]" : "");
    return;
  }
  const status = (await opens()) ? "healthy" : "unhealthy";
  response.writeHead(status === "healthy" ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ status, checks: { database: { status, target } } }));
}).listen(process.env.PORT);
`;

// The built command, a real PostgreSQL and a real local cloud: what a person gets who types it.
describe("atoms recover SCENARIO --drill", { timeout: 600_000 }, () => {
  const server = process.env["ATOMS_TEST_DB"];
  const bin = process.env["ATOMS_TEST_PG_BIN"];
  if (server === undefined || bin === undefined)
    throw new Error("ATOMS_TEST_DB or ATOMS_TEST_PG_BIN is not set; `npm run test:long` sets both");
  const databases = postgresDatabases({ clock: systemClock });
  const children = new Set<ChildProcess>();
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "atoms-drill-test-"));
    mkdirSync(join(root, "service"));
    writeFileSync(
      join(root, "service", "package.json"),
      JSON.stringify({ name: "shop", type: "module", scripts: { start: "node server.js" } }),
    );
    writeFileSync(join(root, "service", "server.js"), service);
  });
  afterEach(async () => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
    // A drill that a test left behind is cleared away by the next one of its folder; here nothing is left to clear.
    rmSync(root, { recursive: true, force: true });
  });

  const playbook = (...recovery: string[]) =>
    writeFileSync(
      join(root, "playbook.yaml"),
      [
        "version: 1",
        "service: { name: shop, source: service }",
        "backup:",
        '  databases: { main: { url: "postgres://nobody@db.invalid:5432/shop" } }',
        "recovery:",
        ...recovery.map((line) => `  ${line}`),
        "",
      ].join("\n"),
    );
  const atoms = (...args: string[]) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: root,
      env: {
        PATH: `${bin}${delimiter}${process.env["PATH"]}`,
        HOME: root,
        ...(server === undefined ? {} : { DRILL_SERVER_URL: server }),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.add(child);
    let out = "";
    let err = "";
    child.stdout?.on("data", (data) => {
      out += String(data);
    });
    child.stderr?.on("data", (data) => {
      err += String(data);
    });
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, out, err }));
    return { child, ended, said: () => err };
  };
  const drillAsked = (scenario = "database_failure") => atoms("recover", scenario, "--drill", "--json");
  const ledger = async (kind: string) => {
    const { out, err } = await atoms("ledger", "--json").ended;
    const all = JSON.parse(out || err) as LedgerEntry[];
    return all.filter((entry) => entry.kind === kind);
  };
  /** Waits until a drill's own servers run. @returns its id, and the ids of their processes. */
  const onItsWay = async (said: () => string) =>
    vi.waitFor(
      () => {
        const [drill] = readdirSync(join(root, ".atoms", "drills")).filter((name) => !name.includes("."));
        if (drill === undefined || !said().includes("writing rows")) throw new Error(`not yet: ${said()}`);
        const pids = Object.values(serverFolders(drill)).map((folder) =>
          Number(readFileSync(join(folder, "data", "postmaster.pid"), "utf8").split("\n")[0]),
        );
        return { drill, pids };
      },
      { timeout: 240_000, interval: 100 },
    );
  const isGone = (drill: string, pids: readonly number[]) => {
    expect(pids.filter(alive)).toEqual([]);
    expect(existsSync(join(root, ".atoms", "drills"))).toBe(false);
    for (const folder of Object.values(serverFolders(drill))) expect(existsSync(folder)).toBe(false);
  };

  it("breaks, recovers and measures; one that was killed with kill -9 before it leaves nothing behind", async () => {
    playbook("targets: { rto: 10m, rpo: 10m }", "drill: { after_backup: 1s }");
    const killed = drillAsked();
    const { drill, pids } = await onItsWay(killed.said);
    // Both: neither can take anything down by itself.
    const worker = JSON.parse(readFileSync(join(root, ".atoms", "drills", `${drill}.json`), "utf8")) as {
      pid: number;
    };
    // Held still first, or it might see that the command is gone.
    process.kill(worker.pid, "SIGSTOP");
    killed.child.kill("SIGKILL");
    process.kill(worker.pid, "SIGKILL");
    await killed.ended;
    expect(pids.every(alive)).toBe(true);

    const { code, out, err } = await drillAsked().ended;
    expect(code, err).toBe(0);
    const done = JSON.parse(out);
    expect(done).toMatchObject({ state: "passed", measured: { hosts: 1 } });
    const { rtoMs, rpoMs, noticedMs, recoveryMs, written, kept, lost } = done.measured;
    expect(rtoMs).toBeGreaterThan(0);
    expect(noticedMs + recoveryMs).toBeLessThanOrEqual(rtoMs);
    // Writes went on for a second after the backup.
    expect(rpoMs).toBeGreaterThanOrEqual(900);
    expect(kept).toBeGreaterThan(0);
    expect(lost).toBeGreaterThan(0);
    expect(kept + lost).toBe(written);
    isGone(drill, pids);
    isGone(done.drill, []);
    expect((await ledger("drill.finished")).map(({ data }) => data["state"])).toEqual(["cut off", "passed"]);
    // Nothing of the recovery that was rehearsed is in the books of production.
    expect(await ledger("recovery.finished")).toEqual([]);
    expect(await ledger("release.started")).toEqual([]);
  });

  it("data_corruption: finds when a release spoiled rows, takes back what the backup has, and keeps what was written since", async () => {
    playbook("targets: { rto: 10m, rpo: 10m }", "drill: { after_backup: 1s }");
    const { code, out, err } = await drillAsked("data_corruption").ended;
    expect(code, err).toBe(0);
    const done = JSON.parse(out);
    expect(done).toMatchObject({
      state: "passed",
      measured: {
        hosts: 1,
        found: [
          expect.stringMatching(/^[1-9]\d* rows had gone and [1-9]\d* were other$/),
          expect.stringMatching(/and [1-9]\d* rows written since are as they were written$/),
        ],
      },
    });
    const { rtoMs, rpoMs, noticedMs, recoveryMs, written, kept, lost } = done.measured;
    expect(noticedMs).toBeGreaterThan(0);
    expect(noticedMs + recoveryMs).toBeLessThanOrEqual(rtoMs);
    expect(kept + lost).toBe(written);
    // Rows were written for a second after the backup, and a tenth of those was lost.
    expect(lost).toBeGreaterThan(0);
    expect(rpoMs).toBeGreaterThan(0);
    isGone(done.drill, []);
    // The release that spoiled rows, and the recovery, are in the books of the stage alone.
    expect(await ledger("release.started")).toEqual([]);
    const listed = JSON.parse((await atoms("recover", "list", "--json").ended).out) as object[];
    expect(listed).toContainEqual(
      expect.objectContaining({ scenario: "data_corruption", drills: 1, passed: 1 }),
    );
  });

  it("security_breach: an intruder is in by old secrets, and by none of them after the recovery, while new ones open", async () => {
    playbook(
      "targets: { rto: 10m, shut_out: 10m }",
      "security_breach: { old_deployments: remove, secrets: [{ variable: API_TOKEN, kind: generated }, { variable: DATABASE_URL, kind: postgres_password, database: main }] }",
      "drill: { intruder: [{ variable: API_TOKEN, path: /api/notes }] }",
    );
    const { code, out, err } = await drillAsked("security_breach").ended;
    expect(code, err).toBe(0);
    const done = JSON.parse(out);
    expect(done).toMatchObject({
      state: "passed",
      measured: {
        hosts: 1,
        found: [
          expect.stringMatching(
            /^the intruder came in [1-9]\d* times, and by none of the old secrets any more/,
          ),
          "what was deployed before is gone, and lets nobody in",
          expect.stringMatching(/^users /),
        ],
      },
    });
    expect(done.measured.shutOutMs).toBeGreaterThan(0);
    expect(done.measured.rpoMs).toBeUndefined();
    isGone(done.drill, []);
    // Neither an incident nor a new value is production's.
    expect(await ledger("incident.opened")).toEqual([]);
    expect(readdirSync(join(root, ".atoms", "keys")).filter((name) => name.startsWith("rotat"))).toEqual([]);
  });

  it.each([
    {
      what: "the region is out and then the platform: another region, then the standby, and back",
      outage: "regions: [lhr1], ",
      proof: "health",
      found: [/found by itself/, /another one, after/, /led to the standby after .*, and back in/, /TTL/],
    },
    {
      what: "a standby alone, which is a page",
      outage: "",
      proof: "answer",
      found: [/led to the standby after .*, and back in/, /TTL/],
    },
  ])("service_outage: $what", async ({ outage, proof, found }) => {
    const real = JSON.stringify({ "app.example.test": [{ type: "A", value: "192.0.2.1", ttl: 300 }] });
    writeFileSync(join(root, "records.json"), real);
    playbook(
      "targets: { rto: 10m }",
      `service_outage: { ${outage}dns: { kind: file, name: app.example.test, path: records.json, apply: "touch applied" }, standby: { url: "https://standby.example.test", proof: ${proof}, records: [{ type: A, value: 198.51.100.7 }] } }`,
    );
    const { code, out, err } = await drillAsked("service_outage").ended;
    expect(code, err).toBe(0);
    const done = JSON.parse(out);
    expect(done).toMatchObject({
      state: "passed",
      measured: { hosts: 1, found: found.map((words) => expect.stringMatching(words)) },
    });
    const { rtoMs, noticedMs, recoveryMs, rpoMs } = done.measured;
    expect(noticedMs + recoveryMs).toBeLessThanOrEqual(rtoMs);
    expect(rpoMs).toBeUndefined();
    isGone(done.drill, []);
    // The records of the real name are nobody's to rehearse with.
    expect(readFileSync(join(root, "records.json"), "utf8")).toBe(real);
    expect(existsSync(join(root, "applied"))).toBe(false);
  });

  it("service_outage is refused without a region or a standby to move to", async () => {
    playbook("targets: { rto: 10m }");
    const bare = await drillAsked("service_outage").ended;
    expect([bare.code, bare.err + bare.out]).toEqual([4, expect.stringContaining("ATM-722")]);
  });

  it("Ctrl-C ends it, and everything that it made is gone when the prompt is back", async () => {
    playbook("drill: { after_backup: 5m }");
    const asked = drillAsked();
    const { drill, pids } = await onItsWay(asked.said);
    asked.child.kill("SIGINT");
    const { code, out } = await asked.ended;
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ state: "stopped" });
    isGone(drill, pids);
  });

  it("drops the database on a server that the playbook names, says which target was missed, and leaves no database", async () => {
    playbook(
      "targets: { rto: 1ms, rpo: 10m }",
      `drill: { server_url: "\${DRILL_SERVER_URL}", after_backup: 1s }`,
    );
    const { code, out, err } = await drillAsked().ended;
    expect(code, err).toBe(1);
    const done = JSON.parse(out);
    expect(done).toMatchObject({
      state: "missed",
      because: expect.stringMatching(/RTO .*missed.*RPO .*kept/),
    });
    for (const name of ["store", "0"]) {
      const one = new URL(server);
      one.pathname = `/${databasePrefix(done.drill)}${name}`;
      expect(await databases.facts(one.href)).toBeUndefined();
    }
  });

  it.each([
    {
      what: "the server of the drill is production's",
      recovery: ["drill: { server_url: postgres://a@db.invalid:5432/postgres }"],
      args: [],
      code: "ATM-678",
    },
    {
      what: "a server that is not the drill's is to be stopped",
      recovery: [`drill: { server_url: "\${DRILL_SERVER_URL}", failure: server }`],
      args: [],
      code: "ATM-676",
    },
    { what: "it is asked for on Vercel", recovery: [], args: ["--platform", "vercel"], code: "ATM-677" },
  ])("is refused, and says what to do, when $what", async ({ recovery, args, code }) => {
    playbook("settle: 1m", ...recovery);
    const asked = atoms("recover", "database_failure", "--drill", "--json", ...args);
    const { code: exit, out, err } = await asked.ended;
    expect(exit, err).toBe(4);
    expect(out + err).toContain(code);
    expect(await ledger("drill.started")).toEqual([]);
  });
});
