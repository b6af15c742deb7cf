import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scramVerifier } from "@atoms/databases";
import type { LedgerEntry } from "@atoms/playbook";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createToken, listTokens } from "../../verbs/access.js";
import { planBreach, recoverBreach } from "../../verbs/recovery-breach.js";
import { ada, type RecoveryTestWorld, recoveryWorlds } from "../recovery.world.js";

const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

// A real PostgreSQL, a real local cloud and a real service, which a busy machine takes its time for.
describe("atoms recover security_breach", { timeout: 300_000 }, () => {
  const freshWorld = recoveryWorlds();
  let world: RecoveryTestWorld;
  let role: string;
  let url: string;
  afterEach(async () => {
    await world?.sql(world.server, `drop role if exists ${role}`);
  }, 120_000);

  /**
   * The service's database has a role of its own with a password, as services' databases have.
   * @param issued What the issuer of another key answers; it refuses when left out.
   */
  async function breached(issued?: string, more = "") {
    const secrets = [
      "{ variable: SESSION_SECRET, kind: generated, length: 64 }",
      "{ variable: DATABASE_URL, kind: postgres_password, database: main }",
      `{ variable: PAY_KEY, kind: command, run: cat issued }`,
      "{ variable: MAIL_KEY, kind: manual, how: Ask the issuer for one. }",
    ];
    world = await freshWorld({
      recovery: `  settle: 60s\n  security_breach: { ${more}attack_mode: {}, secrets: [${secrets.join(", ")}], checklist: [Tell the users.] }`,
      variables: { SESSION_SECRET: "known to others", PAY_KEY: "known too" },
    });
    if (issued === undefined) rmSync(join(world.root, "issued"), { force: true });
    else issues(issued);
    role = `${world.name.replace("-", "_")}_role`;
    await world.sql(world.direct, `create role ${role} login password 'stolen'`);
    const address = new URL(world.mainUrl);
    address.username = role;
    address.password = "stolen";
    url = address.href;
    const name = Object.keys(world.env).find((key) => world.env[key] === world.mainUrl) ?? "";
    world.env[name] = url;
  }
  const issues = (value: string) => writeFileSync(join(world.root, "issued"), value);

  const start = (asked: { given?: Record<string, string>; confirm?: string } = {}) =>
    recoverBreach.run(
      world.plane,
      recoverBreach.input.parse({ playbook: world.playbook, confirm: "security_breach", ...asked }),
      ada,
    );
  const recover = async (asked?: Parameters<typeof start>[0]) => world.ended((await start(asked)).id);
  const finished = async () => (await world.events("recovery.finished")).at(-1) as LedgerEntry;

  /** How a visitor that brings nothing is answered. */
  async function visitor() {
    const [host = ""] = (await world.platform.production()).hosts;
    const answer = await world.plane.http.send({ url: `${host}/health`, timeoutMs: 5_000 });
    return answer.answered ? [answer.status, answer.headers["x-vercel-mitigated"]] : [answer.message];
  }

  /** Secrets that pass the project's protection, as the platform shows them. */
  async function passes(): Promise<string[]> {
    const headers = { authorization: `Bearer ${world.cloud.token}` };
    const answer = await fetch(`${world.cloud.apiUrl}/v9/projects/${world.name}`, { headers });
    const { protectionBypass } = (await answer.json()) as { protectionBypass?: object };
    return Object.keys(protectionBypass ?? {});
  }

  /** Everything that Atoms has written down, its flows' steps and their results with it. */
  async function writtenDown(): Promise<string> {
    const { connectionString, ledger, outbox } = await world.store();
    const rows = await world.sql(
      connectionString,
      "select t::text from atoms_engine.operation_outputs t union all select t::text from atoms_engine.workflow_status t",
    );
    return JSON.stringify([rows, await ledger.read({ limit: 5_000 }), await outbox.list({ limit: 500 })]);
  }

  it("gives every secret a new value, shuts out what came in by old ones, and keeps evidence", async () => {
    await breached("issued anew\n");
    const token = { name: "ci", role: "viewer", playbook: world.playbook };
    await createToken.run(world.plane, createToken.input.parse(token), ada);
    const before = await planBreach.run(world.plane, { playbook: world.playbook }, ada);
    expect(before).toMatchObject({
      secrets: [{ there: true }, { there: true }, { there: true }, { there: false, kind: "manual" }],
      serves: world.first,
    });
    expect(before.credentials).toBeGreaterThan(0);
    expect(before.old).toMatchObject({ policy: "keep", count: 1 });
    // Somebody is in by the password that was stolen.
    const thrownOut = world.sql(url, "select pg_sleep(600)").catch((error: Error) => error.message);
    const isIn = `select count(*) from pg_stat_activity where usename = '${role}' and query like '%pg_sleep%'`;
    await vi.waitFor(async () => expect(await world.sql(world.direct, isIn)).toBe("1"), { timeout: 60_000 });

    const release = await recover({ given: { MAIL_KEY: "brought by people" } });
    expect(release, JSON.stringify(release)).toMatchObject({ state: "released", strategy: "recovery" });
    const { secrets } = await world.saying();
    expect(secrets.pay).toBe(sha256("issued anew"));
    expect(secrets.session).not.toBe(sha256("known to others"));
    expect((await world.platform.production()).deployment?.id).toBe(release.candidate?.id);
    expect(await thrownOut).toContain("terminating connection");
    const tokens = await listTokens.run(world.plane, { limit: 100 }, ada);
    expect(tokens.every(({ endedAt }) => endedAt !== undefined)).toBe(true);

    const { data } = await finished();
    expect(data).toMatchObject({
      scenario: "security_breach",
      rotated: ["SESSION_SECRET", "DATABASE_URL", "PAY_KEY", "MAIL_KEY"],
      open: [],
      incident: expect.stringMatching(/^inc_/),
    });
    const { incidents } = await world.store();
    expect(await incidents.get(String(data["incident"]))).toMatchObject({ severity: "P1" });
    // What people need is where only they can read it, and nothing else is left of the new values.
    const aside = join(world.plane.places.keys, `rotated.${release.id}`);
    const address = readFileSync(join(aside, "DATABASE_URL"), "utf8");
    expect(statSync(join(aside, "DATABASE_URL")).mode & 0o077).toBe(0);
    expect(JSON.stringify(data["afterwards"])).toContain(join(aside, "DATABASE_URL"));
    expect(JSON.stringify(data["afterwards"])).toContain("Tell the users.");
    expect(JSON.stringify(data["afterwards"])).toContain("Remove the deployments made before");
    expect(existsSync(join(aside, "SESSION_SECRET"))).toBe(false);
    // The server has what belongs to the new password.
    const { password } = new URL(address);
    expect(password).toHaveLength(40);
    const kept = await world.sql(world.direct, `select rolpassword from pg_authid where rolname = '${role}'`);
    const salt = Buffer.from(/^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(kept)?.[1] ?? "", "base64");
    expect(kept).toBe(scramVerifier(password, salt));

    const folder = String(data["evidence"]);
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trim().split("\n");
    expect(sums.length).toBeGreaterThanOrEqual(5);
    for (const [sum, name] of sums.map((line) => line.split("  ")))
      expect(sha256(readFileSync(join(folder, name ?? "")))).toBe(sum);
    expect(JSON.parse(readFileSync(join(folder, "ledger-check.json"), "utf8"))).toMatchObject({
      intact: true,
    });

    const written = await writtenDown();
    for (const secret of [password, "issued anew", "brought by people", "stolen"])
      expect(written).not.toContain(secret);
  });

  it("stops when an issuer refuses, with nothing changed, and goes on with what it had made", async () => {
    await breached();
    const stopped = await recover();
    expect(stopped).toMatchObject({
      state: "failed",
      problem: {
        code: "ATM-696",
        happened: expect.stringMatching(/PAY_KEY: its command ended with 1/),
        stillTrue: expect.stringMatching(/Not done: setting SESSION_SECRET/),
      },
    });
    expect((await world.platform.production()).deployment?.id).toBe(world.first);
    // Visitors are kept out meanwhile, and whoever brings the secret is not.
    expect(await visitor()).toEqual([403, "challenge"]);
    const pass = { "x-vercel-protection-bypass": (await passes())[0] ?? "" };
    expect((await world.saying(pass)).secrets.session).toBe(sha256("known to others"));
    const kept = join(world.plane.places.keys, `rotation.${world.name}.production`, "SESSION_SECRET");
    const made = readFileSync(kept, "utf8");
    expect(made).toHaveLength(64);
    const next = await planBreach.run(world.plane, { playbook: world.playbook }, ada);
    expect(next.secrets.map(({ made: before }) => before)).toEqual([true, true, false, false]);

    issues("issued at last");
    expect(await recover()).toMatchObject({ state: "released" });
    const { secrets } = await world.saying();
    expect(secrets).toEqual({ session: sha256(made), pay: sha256("issued at last") });
    expect(await visitor()).toEqual([200, undefined]);
    expect(await passes()).toEqual([]);
    expect((await finished()).data["open"]).toEqual(["MAIL_KEY"]);
    expect(JSON.stringify((await finished()).data["afterwards"])).toContain(
      "MAIL_KEY has its old value still",
    );
  });

  it("removes the deployments made before where the playbook says so, which answer with the old secrets until then", async () => {
    await breached("issued anew", "old_deployments: remove, ");
    const old = (await world.platform.deployment(world.first))?.address ?? "";
    const answers = async () => {
      const headers = { "x-vercel-protection-bypass": (await passes())[0] ?? "" };
      const answer = await world.plane.http.send({ url: `${old}/health`, headers, timeoutMs: 30_000 });
      return answer.answered ? answer.status : answer.message;
    };
    expect(await answers()).toBe(200);
    const plan = await planBreach.run(world.plane, { playbook: world.playbook }, ada);
    expect(plan.old).toMatchObject({ policy: "remove", count: 1, more: false });
    expect(JSON.stringify(plan.checklist)).not.toContain("Remove the deployments");

    const release = await recover();
    expect(release, JSON.stringify(release)).toMatchObject({ state: "released" });
    expect(await answers()).toBe(404);
    const left = await world.platform.deployments(100);
    expect(left.map(({ id }) => id)).toEqual([release.candidate?.id]);
    expect((await world.events("breach.removed")).map(({ data }) => data)).toEqual([
      { deployments: [world.first], refused: [] },
    ]);
    const { data } = await finished();
    expect(data).toMatchObject({ removed: 1 });
    expect(JSON.stringify(data["afterwards"])).not.toContain("Remove the deployments");
    expect(await visitor()).toEqual([200, undefined]);
  });

  it("begins nothing without the word, for a value that does not belong there, or without a list", async () => {
    await breached();
    await expect(start({ confirm: "yes" })).rejects.toMatchObject({ code: "ATM-672" });
    await expect(start({ given: { SESSION_SECRET: "mine" } })).rejects.toMatchObject({ code: "ATM-699" });
    await expect(start({ given: { OTHER: "mine" } })).rejects.toMatchObject({ code: "ATM-699" });
    const playbook = join(world.root, `bare-${world.name}.yaml`);
    writeFileSync(playbook, `version: 1\nservice: { name: ${world.name}, source: service }\n`);
    const bare = recoverBreach.input.parse({ playbook, confirm: "security_breach" });
    await expect(recoverBreach.run(world.plane, bare, ada)).rejects.toMatchObject({ code: "ATM-695" });
  });
});
