import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, nodeService, saying } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
let later = 0;
beforeAll(async () => {
  t = await CloudUnderTest.start({ clock: () => Date.now() + later });
});
afterAll(() => t.end());

describe("deployment protection", () => {
  it.each([
    ["all", [401, 401, 401, 401]],
    ["all_except_custom_domains", [401, 200, 401, 401]],
    ["prod_deployment_urls_and_all_previews", [200, 200, 401, 401]],
    ["preview", [200, 200, 200, 401]],
  ])("%s closes the right hosts", async (deploymentType, expected) => {
    const name = `closed-${deploymentType.replaceAll("_", "-").slice(0, 20)}`;
    const live = await t.deploy(name, saying("live"), { target: "production" });
    await t.api("POST", `/v10/projects/${name}/domains`, { name: `${name}.example` });
    const preview = await t.deploy(name, saying("preview"));
    const changed = await t.api("PATCH", `/v9/projects/${name}`, {
      passwordProtection: { deploymentType, password: "word" },
    });
    expect(JSON.stringify(changed.body)).not.toContain('word"');
    const seen = await Promise.all(
      [`${name}.localhost`, `${name}.example`, live.url, preview.url].map((host) => t.visit(host)),
    );
    expect(seen.map((one) => one.status)).toEqual(expected);
    expect(seen.at(-1)?.body).not.toContain("preview");
  });

  it("opens to a bypass secret in header, query and cookie, and to nothing else", async () => {
    const service = nodeService("response.end(process.env.VERCEL_AUTOMATION_BYPASS_SECRET ?? 'none');");
    await t.api("POST", "/v1/projects", { name: "bypass" });
    const made = await t.api("PATCH", "/v1/projects/bypass/protection-bypass", {});
    const [secret] = Object.keys(made.body.protectionBypass) as [string];
    await t.api("PATCH", "/v9/projects/bypass", { ssoProtection: { deploymentType: "all" } });
    await t.deploy("bypass", service, { target: "production" });
    const host = "bypass.localhost";
    const header = "x-vercel-protection-bypass";
    for (const path of ["/", "//", "//name:99999/?a=1"])
      expect((await t.visit(host, path)).headers["x-vercel-error"]).toBe("DEPLOYMENT_PROTECTED");
    expect((await t.visit(host, "/", { headers: { [header]: secret } })).body).toBe(secret);
    expect((await t.visit(host, `/?${header}=${secret}`)).status).toBe(200);
    expect((await t.visit(host, "/", { headers: { [header]: `${secret}x` } })).status).toBe(401);
    const redirect = await t.visit(host, `/deep?a=1&${header}=${secret}&x-vercel-set-bypass-cookie=true`);
    expect([redirect.status, redirect.headers.location]).toEqual([307, "/deep?a=1"]);
    const away = await t.visit(host, `//evil.example/?${header}=${secret}&x-vercel-set-bypass-cookie=true`);
    expect([away.status, away.headers.location]).toEqual([307, "/evil.example/"]);
    const cookie = String(redirect.headers["set-cookie"]).split(";")[0] as string;
    expect(cookie).not.toContain(secret);
    expect((await t.visit(host, "/", { headers: { cookie } })).status).toBe(200);
    await t.api("PATCH", "/v1/projects/bypass/protection-bypass", { revoke: { secret, regenerate: false } });
    expect((await t.visit(host, "/", { headers: { cookie } })).status).toBe(401);
    expect((await t.visit(host, "/", { headers: { [header]: secret } })).status).toBe(401);
  });
});

describe("attack mode", () => {
  const switched = (name: string, more: object) =>
    t.api("POST", "/v1/security/attack-mode", { projectId: name, ...more });

  it("challenges whoever does not bring the bypass secret, on every host, until it is off or its time is up", async () => {
    const live = await t.deploy("attacked", saying("live"), { target: "production" });
    const hosts = ["attacked.localhost", live.url];
    const statuses = async (headers: Record<string, string> = {}) =>
      Promise.all(hosts.map(async (host) => (await t.visit(host, "/", { headers })).status));
    expect(await statuses()).toEqual([200, 200]);
    const until = Date.now() + later + 3_600_000;
    const on = await switched("attacked", { attackModeEnabled: true, attackModeActiveUntil: until });
    expect(on.body).toMatchObject({ attackModeEnabled: true, attackModeActiveUntil: until });
    const shown = await t.api("GET", "/v9/projects/attacked");
    expect(shown.body.security).toMatchObject({ attackModeEnabled: true, attackModeActiveUntil: until });

    const challenged = await t.visit("attacked.localhost");
    expect([challenged.status, challenged.headers["x-vercel-mitigated"]]).toEqual([403, "challenge"]);
    expect(challenged.body).not.toContain("live");
    expect(await statuses()).toEqual([403, 403]);
    const made = await t.api("PATCH", "/v1/projects/attacked/protection-bypass", {});
    const [secret] = Object.keys(made.body.protectionBypass) as [string];
    expect(await statuses({ "x-vercel-protection-bypass": secret })).toEqual([200, 200]);
    expect(await statuses({ "x-vercel-protection-bypass": "x" })).toEqual([403, 403]);

    later += 3_600_001;
    expect(await statuses()).toEqual([200, 200]);
    later -= 3_600_001;
    expect((await switched("attacked", { attackModeEnabled: true })).status).toBe(200);
    expect(await statuses()).toEqual([403, 403]);
    expect((await switched("attacked", { attackModeEnabled: false })).body).not.toHaveProperty(
      "attackModeActiveUntil",
    );
    expect(await statuses()).toEqual([200, 200]);
  });

  it.each([
    ["another project", { projectId: "nowhere", attackModeEnabled: true }, 404],
    ["no answer to on or off", { projectId: "attacked" }, 400],
    [
      "a time that is none",
      { projectId: "attacked", attackModeEnabled: true, attackModeActiveUntil: "soon" },
      400,
    ],
  ])("refuses %s", async (_, body, status) => {
    expect((await t.api("POST", "/v1/security/attack-mode", body)).status).toBe(status);
  });
});

describe("skew protection", () => {
  it("serves the deployment a page came from, until it is too old", async () => {
    await t.api("POST", "/v1/projects", { name: "skew" });
    await t.api("PATCH", "/v9/projects/skew", { skewProtectionMaxAge: 3600 });
    const old = await t.deploy(
      "skew",
      nodeService("response.end('old' + process.env.VERCEL_SKEW_PROTECTION_ENABLED);"),
      { target: "production" },
    );
    const other = await t.deploy("skew-other", saying("other"), { target: "production" });
    await t.deploy("skew", saying("new"), { target: "production" });
    const host = "skew.localhost";
    expect((await t.visit(host)).body).toBe("new");
    expect((await t.visit(host, `/?dpl=${old.id}`)).body).toBe("old1");
    expect((await t.visit(host, "/", { headers: { "x-deployment-id": old.id } })).body).toBe("old1");
    expect((await t.visit(host, "/", { headers: { cookie: `a=b; __vdpl=${old.id}` } })).body).toBe("old1");
    expect(
      (await t.visit(host, "/", { headers: { "x-deployment-id": old.id, origin: "http://evil.example" } }))
        .body,
    ).toBe("new");
    for (const path of ["/?dpl=dpl_unknown", "/?%64pl=dpl_unknown", "//?dpl=dpl_unknown"])
      expect([path, (await t.visit(host, path)).status]).toEqual([path, 404]);
    expect((await t.visit(host, `//?dpl=${old.id}`)).body).toBe("old1");
    expect((await t.visit(host, `/?dpl=${other.id}`)).status).toBe(404);
    later += 3_700_000;
    expect((await t.visit(host, `/?dpl=${old.id}`)).status).toBe(404);
    later -= 3_700_000;
    await t.api("PATCH", "/v9/projects/skew", { skewProtectionBoundaryAt: Date.now() + 1_000 });
    expect((await t.visit(host, `/?dpl=${old.id}`)).status).toBe(404);
  });
});
