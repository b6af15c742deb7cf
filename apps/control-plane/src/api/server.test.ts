import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";
import { createToken, makeSignInLink, verbs } from "../verbs/index.js";
import { cookieName } from "./authenticate.js";
import { apiApp } from "./server.js";

const ada = { kind: "person", name: "ada", via: "cli" } as const;
const ownToken = "f".repeat(64);
const host = "127.0.0.1:4000";
const page = { origin: `http://${host}`, "sec-fetch-site": "same-origin" };

let folder: string;
let plane: ControlPlane;
let playbook: string;
let app: ReturnType<typeof apiApp>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atoms-api-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, "version: 1\nservice: { name: shop }\n");
  plane = await openControlPlane({ places: placesOf(folder), env: {}, kind: "background", print: () => {} });
  await plane.store();
  app = apiApp(plane, { token: ownToken, own: { playbook } });
}, 240_000);
afterAll(async () => {
  await plane.close();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
type Role = "viewer" | "operator" | "admin";
async function aToken(role: Role, places = ["*"], length?: number) {
  count += 1;
  const input = {
    playbook,
    name: `t${count}`,
    role,
    in: places,
    ...(length === undefined ? {} : { for: length }),
  };
  return createToken.run(plane, input, ada);
}
const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

type Asked = {
  status: number;
  body: { code?: string; answer?: never; [key: string]: unknown };
  headers: Headers;
};
async function asked(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
  at = app,
): Promise<Asked> {
  const response = await at.request(`http://${host}/api/v1${path}`, {
    method,
    headers: { host, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text), headers: response.headers };
}

async function aSession(role: Role = "operator") {
  const { code } = await makeSignInLink.run(plane, { playbook, role, in: ["*"], name: "Ben" }, ada);
  const signedIn = await asked("POST", "/session", page, { code });
  const cookie = signedIn.headers.get("set-cookie") ?? "";
  return { code, signedIn, cookie: { cookie: cookie.split(";")[0] ?? "" }, whole: cookie };
}

const acts = async (name: string) =>
  (await (await plane.store()).ledger.read({ kind: "act.asked", last: true, limit: 1_000 })).filter(
    ({ actor }) => actor.name === name,
  );

describe("who is let in", () => {
  it.each<[string, Record<string, string>, number, string]>([
    ["nobody", {}, 401, "ATM-910"],
    ["an empty bearer", { authorization: "Bearer " }, 401, "ATM-910"],
    ["a forged token", bearing(`atoms_${"A".repeat(43)}`), 401, "ATM-910"],
    ["the owner's token, cut short", bearing(ownToken.slice(1)), 401, "ATM-910"],
    ["another scheme", { authorization: `Basic ${ownToken}` }, 401, "ATM-910"],
    ["the owner's token as a cookie", { cookie: `atoms_x=${ownToken}` }, 401, "ATM-910"],
    [
      "a token that a page got hold of",
      { ...bearing(ownToken), origin: "http://evil.example" },
      403,
      "ATM-910",
    ],
  ])("not %s", async (_, headers, status, code) => {
    expect(await asked("GET", "/releases", headers)).toMatchObject({ status, body: { code } });
  });

  it("the owner, whoever they say they are", async () => {
    const headers = { ...bearing(ownToken), "x-atoms-actor": "%E0%A4%A" };
    expect(await asked("GET", "/session", headers)).toMatchObject({
      status: 200,
      body: { answer: { name: "%E0%A4%A", role: "admin", service: "shop", environment: "production" } },
    });
  });

  it("a token until it expires or is revoked, under its own name", async () => {
    const { secret, token } = await aToken("viewer");
    const named = { ...bearing(secret), "x-atoms-actor": "the boss" };
    expect(await asked("GET", "/session", named)).toMatchObject({
      body: { answer: { name: token.name, role: "viewer" } },
    });
    await asked("POST", "/tokens/revoke", bearing(ownToken), { token: token.name });
    expect((await asked("GET", "/session", named)).status).toBe(401);
    expect(await asked("POST", "/tokens/revoke", bearing(ownToken), { token: token.name })).toMatchObject({
      status: 400,
      body: { code: "ATM-945" },
    });
    const { access } = await plane.store();
    const short = await aToken("viewer", ["*"], 60_000);
    expect(await access.counts(short.token.id, plane.clock.now() + 60_001)).toBe(false);
  });

  it("no secret of one kind where another is wanted", async () => {
    const { code } = await makeSignInLink.run(plane, { playbook, role: "admin", in: ["*"] }, ada);
    const session = await aSession("admin");
    const value = session.cookie.cookie.split("=")[1] ?? "";
    for (const secret of [code, `atoms_${code}`, value, `atoms_${value}`])
      expect((await asked("GET", "/releases", bearing(secret))).status).toBe(401);
    const { secret } = await aToken("admin");
    for (const one of [secret, code, ownToken])
      expect((await asked("GET", "/releases", { cookie: `${cookieName(plane)}=${one}` })).status).toBe(401);
  });
});

describe("what a role allows", () => {
  // A route that forgets to ask for a role would answer here.
  it.each(verbs.map((verb) => [`${verb.method} ${verb.path}`, verb] as const))(
    "%s: nothing without a credential, nothing with less than its role",
    async (_, verb) => {
      const body = verb.method === "POST" ? {} : undefined;
      // Strangers share a pace: a door of its own for each, or those who knock next would wait.
      const door = apiApp(plane, { token: ownToken, own: { playbook } });
      expect((await asked(verb.method, verb.path, {}, body, door)).status).toBe(401);
      if (verb.role === "viewer") return;
      const { secret } = await lesser(verb.role === "admin" ? "operator" : "viewer");
      const answer = await asked(verb.method, verb.path, bearing(secret), body);
      expect(answer).toMatchObject({ status: 403, body: { code: "ATM-940" } });
    },
  );

  it("reads by a viewer, each member by its name or all as JSON", async () => {
    const { secret } = await aToken("viewer");
    const { ledger } = await plane.store();
    const [last] = await ledger.read({ last: true, limit: 1 });
    for (const query of ["limit=1&kind=token.created", 'input={"limit":1,"kind":"token.created"}']) {
      const { status, body } = await asked("GET", `/ledger?${query}`, bearing(secret));
      expect(status).toBe(200);
      expect(body.answer).toMatchObject([{ kind: "token.created", seq: last?.seq }]);
    }
    expect(await asked("GET", "/ledger?limit=many", bearing(secret))).toMatchObject({
      status: 400,
      body: { code: "ATM-912" },
    });
  });

  it("the address of a heartbeat for those who may give a sign of life, and not to look at", async () => {
    const plain = await readFile(playbook, "utf8");
    await writeFile(playbook, `${plain}monitors: [{ kind: heartbeat, name: nightly, expected_every: 1h }]\n`);
    try {
      const viewer = await aToken("viewer");
      const shown = await asked("GET", "/monitors/one?monitor=nightly", bearing(viewer.secret));
      expect(shown).toMatchObject({ status: 200, body: { answer: { name: "nightly", heartbeat: {} } } });
      expect(JSON.stringify(shown.body)).not.toContain("/heartbeat/");
      const where = "/monitors/heartbeat-address?monitor=nightly";
      expect((await asked("GET", where, bearing(viewer.secret))).status).toBe(403);
      const operator = await aToken("operator");
      expect((await asked("GET", where, bearing(operator.secret))).status).toBe(200);
    } finally {
      await writeFile(playbook, plain);
    }
  });

  it("only in the environments of the token", async () => {
    const { secret } = await aToken("operator", ["staging"]);
    const here = await aToken("operator", ["production"]);
    const silence = { matchers: ["rule=x"], for: 60_000, comment: "c" };
    expect(await asked("POST", "/silences", bearing(secret), silence)).toMatchObject({
      status: 403,
      body: { code: "ATM-940", happened: expect.stringContaining("production") },
    });
    const added = await asked("POST", "/silences", bearing(here.secret), silence);
    expect(added).toMatchObject({ status: 200, body: { answer: { source: { id: here.token.name } } } });
    // By its id alone, without a playbook: it is a silence of production.
    const { id } = added.body.answer as unknown as { id: string };
    expect((await asked("POST", "/silences/expire", bearing(secret), { silence: id })).status).toBe(403);
    // What is not there may be anywhere.
    expect((await asked("POST", "/silences/expire", bearing(here.secret), { silence: "sil_0" })).status).toBe(
      403,
    );
    expect((await asked("GET", "/releases", bearing(secret))).status).toBe(403);
    expect((await asked("GET", "/releases?environment=staging", bearing(secret))).status).toBe(200);
    expect((await asked("GET", "/releases?environment=production", bearing(secret))).status).toBe(403);
  });

  it("no more than one has", async () => {
    const { secret } = await aToken("admin", ["production"]);
    const wide = { name: "wide", role: "admin" };
    expect((await asked("POST", "/tokens", bearing(secret), wide)).status).toBe(403);
    expect(
      (await asked("POST", "/tokens", bearing(secret), { ...wide, in: ["production", "x"] })).status,
    ).toBe(403);
    expect((await asked("POST", "/sessions/links", bearing(secret), {})).status).toBe(403);
    const everywhere = await aToken("viewer");
    const revoke = { token: everywhere.token.name };
    expect((await asked("POST", "/tokens/revoke", bearing(secret), revoke)).status).toBe(403);
    const own = { name: "narrow", role: "admin", in: ["production"] };
    expect((await asked("POST", "/tokens", bearing(secret), own)).status).toBe(200);
    expect(await asked("POST", "/tokens", bearing(secret), own)).toMatchObject({
      status: 409,
      body: { code: "ATM-944" },
    });
  });

  it("no file of the machine but the control plane's own", async () => {
    const { secret } = await aToken("admin");
    const other = join(folder, "other.yaml");
    await writeFile(other, "secret: yes");
    await mkdir(join(folder, "inside"));
    await symlink("/etc", join(folder, "out"));
    for (const [path, body] of [
      ["/status", { playbook: other }],
      ["/plan", { source: "/etc" }],
      ["/plan", { source: join(folder, "out") }],
      ["/plan", { source: join(folder, "..") }],
      ["/plan", { source: "inside" }],
    ] as const) {
      const answer = await asked("GET", `${path}?input=${JSON.stringify(body)}`, bearing(secret));
      expect(answer).toMatchObject({ status: 403, body: { code: "ATM-943" } });
    }
    expect(await asked("POST", "/releases/group", bearing(secret), { group: "/etc/passwd" })).toMatchObject({
      status: 403,
      body: { code: "ATM-943" },
    });
    const inside = JSON.stringify({ source: join(folder, "inside") });
    expect((await asked("GET", `/plan?input=${inside}`, bearing(secret))).body.code).not.toBe("ATM-943");
  });

  it("and writes down every act with who asked, refused ones too", async () => {
    const { secret, token } = await aToken("viewer");
    await asked("POST", "/silences", bearing(secret), { matchers: ["rule=x"], for: 60_000, comment: "c" });
    expect(await acts(token.name)).toMatchObject([
      {
        actor: { kind: "token", name: token.name, via: "api" },
        service: "shop",
        data: { verb: "add silence", role: "viewer", credential: token.id, outcome: "ATM-940" },
      },
    ]);
    expect(JSON.stringify(await (await plane.store()).ledger.read({ limit: 10_000 }))).not.toContain(secret);
  });
});

describe("a browser", () => {
  it("is signed in by a link, once", async () => {
    const { code, signedIn, cookie, whole } = await aSession("operator");
    expect(signedIn).toMatchObject({ status: 200, body: { answer: { name: "Ben", role: "operator" } } });
    expect(whole).toMatch(/; HttpOnly/);
    expect(whole).toMatch(/; SameSite=Strict/);
    expect(await asked("POST", "/session", page, { code })).toMatchObject({
      status: 403,
      body: { code: "ATM-941" },
    });
    expect((await asked("GET", "/session", cookie)).status).toBe(200);
    expect((await asked("DELETE", "/session", { ...cookie, ...page })).status).toBe(200);
    expect((await asked("GET", "/session", cookie)).status).toBe(401);
  });

  it.each<[string, string, Record<string, string>, number]>([
    ["the dashboard's own page", "POST", page, 200],
    ["a page elsewhere", "POST", { origin: "http://evil.example", "sec-fetch-site": "cross-site" }, 403],
    [
      "a page of another port here",
      "POST",
      { origin: "http://127.0.0.1:9", "sec-fetch-site": "same-site" },
      403,
    ],
    ["that without telling its site", "POST", { origin: "http://127.0.0.1:9" }, 403],
    ["an origin that is none", "POST", { origin: "null" }, 403],
    ["a form without an origin", "POST", {}, 403],
    ["a picture of another port here", "GET", { "sec-fetch-site": "same-site" }, 403],
    ["the dashboard reading", "GET", { "sec-fetch-site": "same-origin" }, 200],
  ])("%s: %s", async (_, method, headers, status) => {
    const { cookie } = await aSession();
    const [path, body] =
      method === "POST"
        ? ["/silences", { matchers: ["rule=x"], for: 60_000, comment: "c" }]
        : ["/releases", undefined];
    expect((await asked(method, path, { ...cookie, ...headers }, body)).status).toBe(status);
  });

  it("acts under the person's name", async () => {
    const { cookie } = await aSession();
    const body = { matchers: ["rule=x"], for: 60_000, comment: "<script>alert(1)</script>" };
    const { body: answered } = await asked("POST", "/silences", { ...cookie, ...page }, body);
    expect(answered.answer).toMatchObject({ source: { id: "Ben" } });
    expect((await acts("Ben")).at(-1)).toMatchObject({
      actor: { kind: "person", via: "dashboard" },
      data: { outcome: "done" },
    });
  });
});

describe("bad input", () => {
  it.each<[string, unknown, number, string]>([
    ["no JSON", "{", 400, "ATM-912"],
    ["JSON of another shape", [1], 400, "ATM-912"],
    [
      "a member that is not known",
      { matchers: ["rule=x"], for: 60_000, comment: "c", admin: true },
      400,
      "ATM-912",
    ],
    ["too much of it", `{"comment":"${"x".repeat(1_100_000)}"}`, 413, "ATM-946"],
  ])("%s is refused", async (_, body, status, code) => {
    const { secret } = await aToken("operator");
    expect(await asked("POST", "/silences", bearing(secret), body)).toMatchObject({ status, body: { code } });
  });

  // Its time stands still, so that what is asked too often does not hang on how fast this machine is.
  const still = () =>
    apiApp(
      { ...plane, clock: { ...plane.clock, monotonic: () => 0 } },
      { token: ownToken, own: { playbook } },
    );

  it("from who asks too often is not looked at, while others are", async () => {
    const at = still();
    const [fast, calm] = [await aToken("viewer"), await aToken("viewer")];
    const answers = await Promise.all(
      Array.from({ length: 201 }, () => asked("GET", "/openapi.json", bearing(fast.secret), undefined, at)),
    );
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toMatchObject({ body: { code: "ATM-942" } });
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThan(0);
    for (const one of [calm.secret, ownToken])
      expect((await asked("GET", "/openapi.json", bearing(one), undefined, at)).status).toBe(200);
  });

  it("from a stranger who tries again and again is refused sooner", async () => {
    const at = still();
    const tries = await Promise.all(
      Array.from({ length: 31 }, () => asked("POST", "/session", page, { code: "x".repeat(43) }, at)),
    );
    expect(tries.some(({ status }) => status === 429)).toBe(true);
    expect((await asked("GET", "/openapi.json", bearing(ownToken), undefined, at)).status).toBe(200);
  });
});

it("is described as OpenAPI, every verb with its role", async () => {
  const { openapi, paths } = (await asked("GET", "/openapi.json", bearing(ownToken))).body as unknown as {
    openapi: string;
    paths: Record<string, Record<string, { "x-role": string; operationId: string }>>;
  };
  expect(openapi).toMatch(/^3\.1\./);
  for (const { path, method, role } of verbs)
    expect(paths[path]?.[method.toLowerCase()]).toMatchObject({ "x-role": role });
  const ids = Object.values(paths).flatMap((one) => Object.values(one).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
});

const lessers = new Map<Role, Promise<{ secret: string }>>();
function lesser(role: Role): Promise<{ secret: string }> {
  const known = lessers.get(role) ?? aToken(role);
  lessers.set(role, known);
  return known;
}
