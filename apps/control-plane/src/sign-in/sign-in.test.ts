import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEmulator, type Emulator } from "emulate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiApp } from "../api/server.js";
import type { ControlPlane } from "../control-plane.js";
import { openControlPlane } from "../open-control-plane.js";
import { placesOf } from "../places.js";

const host = "127.0.0.1:4000";
const page = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" };
let emulator: Emulator;
let folder: string;
let playbook: string;
let plane: ControlPlane;
let app: ReturnType<typeof apiApp>;

const text = (more = "") => `version: 1
service: { name: shop }
sign_in:
  oidc:
    issuer: ${emulator.url}/oauth2/default
    client_id: atoms
    client_secret: atoms-secret-of-the-test
    name: Okta
    lasts: 1h
    roles:
      - { claim: email, is: ada@example.com, role: admin }
      - { claim: email, is: "*@example.com", role: viewer, in: [production] }
${more}`;

beforeAll(async () => {
  emulator = await createEmulator({
    service: "okta",
    seed: {
      okta: {
        users: ["ada@example.com", "bob@example.com", "eve@evil.com"].map((email) => ({
          login: email,
          email,
          first_name: email.split("@")[0] ?? "",
          last_name: "Test",
        })),
        authorization_servers: [{ id: "default", name: "default", audiences: ["api://default"] }],
        oauth_clients: [
          {
            client_id: "atoms",
            client_secret: "atoms-secret-of-the-test",
            name: "Atoms",
            redirect_uris: [`http://${host}/auth/oidc/callback`],
            auth_server_id: "default",
          },
        ],
      },
    },
  });
  folder = await mkdtemp(join(tmpdir(), "atoms-sign-in-"));
  playbook = join(folder, "playbook.yaml");
  await writeFile(playbook, text());
  plane = await openControlPlane({ places: placesOf(folder), env: {}, kind: "background", print: () => {} });
  await plane.store();
  app = apiApp(plane, { token: "f".repeat(64), own: { playbook } });
}, 240_000);
afterAll(async () => {
  await plane?.close();
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const cookieOf = (response: Response) => (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";

/** A browser that begins to sign in. @returns where it is sent, and the cookie that it keeps. */
async function begins() {
  const response = await app.request(`http://${host}/auth/oidc`, { headers: { host } });
  return { response, to: response.headers.get("location") ?? "", cookie: cookieOf(response) };
}

/** Somebody picks their name on the provider's page. @returns the address that they are sent back to. */
async function picks(to: string, login: string): Promise<string> {
  const forms = (await (await fetch(to)).text()).split("<form").slice(1);
  const form = forms.find((one) => one.includes(login)) ?? "";
  const action = /action="([^"]+)"/.exec(form)?.[1] ?? "";
  const fields = [...form.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(
    ([, name = "", value = ""]): [string, string] => [name, value.replaceAll("&amp;", "&")],
  );
  const answer = await fetch(new URL(action, emulator.url), {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
  });
  return answer.headers.get("location") ?? "";
}

const comesBack = async (to: string, cookie: string): Promise<Response> =>
  app.request(to, { headers: { host, cookie } });

async function signsIn(login: string) {
  const { to, cookie } = await begins();
  return comesBack(await picks(to, login), cookie);
}

describe("sign-in by OpenID Connect", () => {
  it.each([
    ["ada@example.com", { role: "admin", environments: ["*"] }],
    ["bob@example.com", { role: "viewer", environments: ["production"] }],
  ])("lets %s in with the role of the playbook", async (login, role) => {
    const response = await signsIn(login);
    expect(response.status, await response.clone().text()).toBe(200);
    expect(response.headers.get("refresh")).toBe("0; url=/");
    const session = response.headers.getSetCookie().find((one) => one.includes("Strict")) ?? "";
    expect(session).toMatch(/HttpOnly/);
    expect(session).toMatch(/Max-Age=3600/);
    const who = await app.request(`http://${host}/api/v1/session`, {
      headers: { ...page, cookie: session.split(";")[0] ?? "" },
    });
    expect(await who.json()).toMatchObject({ ok: true, answer: { name: login, ...role, service: "shop" } });
    const { ledger } = await plane.store();
    const entries = await ledger.read({ kind: "session.opened" });
    expect(entries.some(({ data }) => data["name"] === login)).toBe(true);
  });

  it("keeps out whom no rule fits, and says so without letting on who would be let in", async () => {
    const response = await signsIn("eve@evil.com");
    expect(response.status).toBe(403);
    const told = await response.text();
    expect(told).toMatch(/eve@evil.com.*no rule/s);
    expect(told).toContain("ATM-952");
    expect(told).not.toContain("ada@example.com");
    expect(response.headers.getSetCookie().join()).not.toContain("Strict");
  });

  it.each<[string, (way: { back: string; cookie: string }) => Promise<Response>]>([
    ["a browser that never began", ({ back }) => comesBack(back, "")],
    ["the attempt of somebody else", async ({ back }) => comesBack(back, (await begins()).cookie)],
    [
      "a cookie that was written by hand",
      ({ back, cookie }) => comesBack(back, cookie.replace(/=.{8}/, "=eyJzdGF0")),
    ],
    ["another state", ({ back, cookie }) => comesBack(back.replace(/state=[^&]+/, "state=forged"), cookie)],
    ["another code", ({ back, cookie }) => comesBack(back.replace(/code=[^&]+/, "code=forged"), cookie)],
    [
      "a refusal of the provider",
      ({ back, cookie }) =>
        comesBack(
          `${back.split("?")[0]}?error=access_denied&error_description=not+today&state=${new URL(back).searchParams.get("state")}`,
          cookie,
        ),
    ],
  ])("does not take %s", async (_, forge) => {
    const { to, cookie } = await begins();
    const response = await forge({ back: await picks(to, "ada@example.com"), cookie });
    expect(response.status).toBe(403);
    const told = await response.text();
    expect(told).toContain("ATM-951");
    expect(told).not.toContain("atoms-secret-of-the-test");
    expect(response.headers.getSetCookie().join()).not.toContain("Strict");
  });

  it("does not take the same answer twice", async () => {
    const { to, cookie } = await begins();
    const back = await picks(to, "bob@example.com");
    expect((await comesBack(back, cookie)).status).toBe(200);
    expect((await comesBack(back, cookie)).status).toBe(403);
  });

  it("asks with PKCE, a state and a nonce, new ones each time, and keeps the attempt from scripts", async () => {
    const [one, two] = [await begins(), await begins()];
    const query = new URL(one.to).searchParams;
    expect(query.get("code_challenge_method")).toBe("S256");
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(query.get(name)).toMatch(/^.{20,}$/);
      expect(new URL(two.to).searchParams.get(name)).not.toBe(query.get(name));
    }
    expect(one.response.headers.getSetCookie()[0]).toMatch(/HttpOnly.*SameSite=Lax/i);
  });
});

describe("a playbook with mistakes", () => {
  it("is told as that to strangers, and not a line of it", async () => {
    await writeFile(playbook, `${text()}secret_plan: "buy the competitor"\n`);
    const json = { ...page, "content-type": "application/json" };
    for (const [path, init] of [
      ["/auth", { headers: { host } }],
      ["/auth/oidc", { headers: { host } }],
      ["/api/v1/session", { method: "POST", headers: json, body: JSON.stringify({ code: "c".repeat(43) }) }],
    ] as const) {
      const response = await app.request(`http://${host}${path}`, init);
      expect(response.status, path).toBeGreaterThanOrEqual(400);
      const told = await response.text();
      expect(told, path).toMatch(/ATM-953/);
      expect(told, path).not.toMatch(/secret_plan|competitor|playbook\.yaml:/);
    }
    await writeFile(playbook, text());
  });
});

describe("without a provider", () => {
  it("says what to do when it is away, and when none is set up", async () => {
    await writeFile(playbook, text().replace(emulator.url, "http://127.0.0.1:9"));
    const away = await app.request(`http://${host}/auth/oidc`, { headers: { host } });
    expect(away.status).toBe(403);
    expect(await away.text()).toMatch(/ATM-951/);
    await writeFile(playbook, "version: 1\nservice: { name: shop }\n");
    const none = await app.request(`http://${host}/auth/oidc`, { headers: { host } });
    expect(none.status).toBe(404);
    expect(await none.text()).toMatch(/atoms dashboard/);
    expect(await (await app.request(`http://${host}/auth`)).json()).toEqual({ oidc: null });
    await writeFile(playbook, text());
    expect(await (await app.request(`http://${host}/auth`)).json()).toEqual({ oidc: "Okta" });
  });
});
