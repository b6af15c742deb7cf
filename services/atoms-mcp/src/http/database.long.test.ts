import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyOf, PLAIN, startServer, type TestServer } from "../testing/server.js";

const TOKEN = "a-token-that-opens-it";
let server: TestServer;

beforeAll(async () => {
  server = await startServer({ ...PLAIN, ATOMS_DATABASE_DUMP_TOKEN: TOKEN }, {});
}, 400_000);
afterAll(() => server?.close());

const ask = (init: RequestInit & { aside?: string; token?: string } = {}, query = "") =>
  fetch(`${server.url}/database${query}`, {
    ...init,
    headers: {
      authorization: `Bearer ${init.token ?? TOKEN}`,
      ...(init.aside === undefined ? {} : { "x-atoms-aside": init.aside }),
    },
  });
/** Asks again while the service says that it is busy, as whoever keeps to the promise does. */
async function put(body: Uint8Array<ArrayBuffer>, aside?: string): Promise<Response> {
  for (;;) {
    const answer = await ask({ method: "PUT", body, ...(aside === undefined ? {} : { aside }) });
    if (answer.status !== 503) return answer;
    await answer.arrayBuffer();
  }
}
const list = () => server.call("alice", "workspace_tool", { operation: "list_workspaces" });
const organizations = async () => ((await list()).data as { name: string }[]).map(({ name }) => name).sort();
const onboard = (name: string) =>
  server.call("alice", "workflow_tool", { workflow: "organization_onboarding", parameters: { name } });

describe("the whole embedded database", { timeout: 400_000 }, () => {
  it("is given out to its token alone, taken back, and the one before is kept", async () => {
    await onboard("Acme");
    for (const token of ["", "another-token-of-the-same-length", `${TOKEN}x`])
      expect((await ask({ token })).status).toBe(401);
    const taken = await ask();
    expect(taken.status).toBe(200);
    expect(Object.fromEntries(taken.headers)).toMatchObject({
      "content-type": "application/gzip",
      "cache-control": "no-store",
    });
    const dump = new Uint8Array(await taken.arrayBuffer());

    await onboard("Later");
    expect(await organizations()).toEqual(["Acme", "Later", "alice's Workspace"]);
    // Whoever asks meanwhile waits, and is answered; on a machine that is out of breath with "try again".
    const [exchanged, ...meanwhile] = await Promise.all([
      put(dump, "shop_before"),
      ...Array.from({ length: 8 }, list),
    ]);
    expect([exchanged.status, await bodyOf(exchanged)]).toEqual([200, { aside: "shop_before" }]);
    for (const { success, data, code } of meanwhile) {
      if (success) expect(JSON.stringify(data)).toContain("Acme");
      else expect(code).toBe("DATABASE_UNAVAILABLE");
    }
    expect(await organizations()).toEqual(["Acme", "alice's Workspace"]);

    expect((await ask({}, "?aside=another")).status).toBe(404);
    expect((await ask({}, "?aside=..%2Fx")).status).toBe(404);
    const before = await ask({}, "?aside=shop_before");
    expect((await put(new Uint8Array(await before.arrayBuffer()), "undone")).status).toBe(200);
    expect(await organizations()).toEqual(["Acme", "Later", "alice's Workspace"]);
    expect(server.logs.join()).not.toContain(TOKEN);
  });

  it.each([
    {
      what: "without a name to keep the old one under",
      status: 400,
      error: "invalid_request",
      aside: undefined,
    },
    { what: "with a name that is a path", status: 400, error: "invalid_request", aside: "../x" },
    { what: "that is no dump", status: 422, error: "dump_refused", aside: "kept" },
  ])("is not exchanged by one $what", async ({ status, error, aside }) => {
    const answer = await put(new Uint8Array(gzipSync("hello")), aside);
    expect([answer.status, (await bodyOf(answer)).error]).toEqual([status, error]);
    expect(await organizations()).toContain("Acme");
  });

  it("is not exchanged by a database of something else", async () => {
    // What the build has ready for a server that begins: a database without any table.
    const empty = await readFile(fileURLToPath(new URL("../../dist/pgdata.tar.gz", import.meta.url)));
    const answer = await put(new Uint8Array(empty), "kept");
    expect([answer.status, await bodyOf(answer)]).toMatchObject([
      422,
      { message: expect.stringContaining("no database of this service") },
    ]);
    expect(await organizations()).toContain("Acme");
  });
});

describe("without the token in its settings, or with a Postgres of its own", () => {
  it.each<Record<string, string>>([
    {},
    { ATOMS_DATABASE_DUMP_TOKEN: TOKEN, DATABASE_URL: "postgres://u@127.0.0.1:1/none", ATOMS_MIGRATE: "off" },
  ])("there is no such route: %j", async (env) => {
    const plain = await startServer({ ...PLAIN, ...env }, {});
    try {
      for (const method of ["GET", "PUT", "POST"])
        expect(
          (await fetch(`${plain.url}/database`, { method, headers: { authorization: `Bearer ${TOKEN}` } }))
            .status,
        ).toBe(404);
    } finally {
      await plain.close();
    }
  });
});
