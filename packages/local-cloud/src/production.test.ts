import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CloudUnderTest, saying } from "./testing/cloud-under-test.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

const said = async (host: string) => (await t.visit(host)).body;
const project = async (name: string) => (await t.api("GET", `/v9/projects/${name}?rollbackInfo=true`)).body;

describe("production", () => {
  it("goes to a production deployment that is ready, and not to a preview or a staged one", async () => {
    const one = await t.deploy("life", saying("one"), { target: "production" });
    expect([one.readyState, one.readySubstate, one.alias]).toEqual(["READY", "PROMOTED", ["life.localhost"]]);
    const preview = await t.deploy("life", saying("preview"));
    expect([preview.target, preview.readySubstate]).toEqual([null, undefined]);
    const staged = await t.deploy("life", saying("staged"), {
      target: "production",
      autoAssignCustomDomains: false,
    });
    expect([staged.readySubstate, staged.alias, staged.aliasAssigned]).toEqual(["STAGED", [], true]);
    expect(await said("life.localhost")).toBe("one");
    expect(await said(staged.url)).toBe("staged");
    expect(await said(preview.url)).toBe("preview");
  });

  it("is promoted on every host at once, domains included", async () => {
    await t.deploy("hosts", saying("one"), { target: "production" });
    await t.api("POST", "/v10/projects/hosts/domains", { name: "shop.localhost" });
    expect(await said("shop.localhost")).toBe("one");
    const two = await t.deploy("hosts", saying("two"), {
      target: "production",
      autoAssignCustomDomains: false,
    });
    const promoted = await t.api("POST", `/v10/projects/${two.projectId}/promote/${two.id}`, {});
    expect(promoted.status).toBe(201);
    for (const host of ["hosts.localhost", "shop.localhost"]) expect(await said(host)).toBe("two");
    const { lastAliasRequest, targets } = await project("hosts");
    expect(lastAliasRequest).toMatchObject({
      toDeploymentId: two.id,
      jobStatus: "succeeded",
      type: "promote",
    });
    expect(targets.production.id).toBe(two.id);
    expect((await t.api("GET", `/v13/deployments/${two.id}`)).body.readySubstate).toBe("PROMOTED");
    await t.api("DELETE", "/v9/projects/hosts/domains/shop.localhost");
    expect((await t.visit("shop.localhost")).status).toBe(404);
  });

  it.each(["/v1", "/v9", "/v10"])(
    "is rolled back through %s, and pinned until the next promotion",
    async (version) => {
      const name = `pin${version.slice(1).replace("/", "")}`;
      const one = await t.deploy(name, saying("one"), { target: "production" });
      const two = await t.deploy(name, saying("two"), { target: "production" });
      const back = await t.api(
        "POST",
        `${version}/projects/${one.projectId}/rollback/${one.id}?description=too+slow`,
      );
      expect(back.status).toBe(201);
      expect(await said(`${name}.localhost`)).toBe("one");
      const pinned = await project(name);
      expect(pinned.autoAssignCustomDomains).toBe(false);
      expect(pinned.lastAliasRequest).toMatchObject({
        fromDeploymentId: two.id,
        toDeploymentId: one.id,
        type: "rollback",
      });
      expect([pinned.lastRollbackTarget.id, pinned.rollbackDescription.description]).toEqual([
        one.id,
        "too slow",
      ]);
      const three = await t.deploy(name, saying("three"), { target: "production" });
      expect([three.readySubstate, await said(`${name}.localhost`)]).toEqual(["STAGED", "one"]);
      await t.api("POST", `/v10/projects/${name}/promote/${three.id}`, {});
      expect(await said(`${name}.localhost`)).toBe("three");
      expect((await project(name)).autoAssignCustomDomains).toBe(true);
    },
  );

  it("keeps a choice against automatic assignment through rollback and promotion", async () => {
    await t.api("POST", "/v1/projects", { name: "careful" });
    await t.api("PATCH", "/v9/projects/careful", { autoAssignCustomDomains: false });
    const one = await t.deploy("careful", saying("one"), { target: "production" });
    expect((await t.visit("careful.localhost")).status).toBe(404);
    await t.api("POST", `/v10/projects/careful/promote/${one.id}`, {});
    const two = await t.deploy("careful", saying("two"), { target: "production" });
    await t.api("POST", `/v10/projects/careful/promote/${two.id}`, {});
    await t.api("POST", `/v9/projects/careful/rollback/${one.id}`, {});
    await t.api("POST", `/v10/projects/careful/promote/${two.id}`, {});
    expect((await project("careful")).autoAssignCustomDomains).toBe(false);
  });

  it("refuses to go where it never was, or what is not ready, and stays where it is", async () => {
    await t.deploy("refuse", saying("one"), { target: "production" });
    const staged = await t.deploy("refuse", saying("two"), {
      target: "production",
      autoAssignCustomDomains: false,
    });
    const broken = await t.deploy("refuse", { "package.json": "{oops" }, { target: "production" });
    expect(broken.readyState).toBe("ERROR");
    const never = await t.api("POST", `/v9/projects/refuse/rollback/${staged.id}`, {});
    expect([never.status, never.body.error.code]).toEqual([422, "not_rollback_candidate"]);
    for (const move of ["promote", "rollback"]) {
      expect((await t.api("POST", `/v9/projects/refuse/${move}/${broken.id}`, {})).status).toBe(422);
      expect((await t.api("POST", `/v9/projects/refuse/${move}/dpl_unknown`, {})).status).toBe(404);
    }
    expect(await said("refuse.localhost")).toBe("one");
  });

  it("lists where it can be rolled back to", async () => {
    const one = await t.deploy("candidates", saying("one"), { target: "production" });
    const two = await t.deploy("candidates", saying("two"), { target: "production" });
    await t.deploy("candidates", saying("three"), { target: "production", autoAssignCustomDomains: false });
    const { body } = await t.api("GET", "/v6/deployments?projectId=candidates&rollbackCandidate=true");
    expect(body.deployments.map((d: { uid: string }) => d.uid)).toEqual([one.id]);
    expect((await t.api("GET", "/projects/candidates/production-deployment")).body.deployment.id).toBe(
      two.id,
    );
  });
});

describe("aliases", () => {
  it("point a host at any deployment, are taken over, listed and removed", async () => {
    const one = await t.deploy("alias", saying("one"));
    const two = await t.deploy("alias", saying("two"));
    const first = await t.api("POST", `/now/deployments/${one.id}/aliases`, { alias: "green" });
    expect([first.body.alias, first.body.oldDeploymentId]).toEqual(["green.localhost", undefined]);
    expect(await said("green.localhost")).toBe("one");
    const second = await t.api("POST", `/v2/deployments/${two.url}/aliases`, { alias: "green.localhost" });
    expect([second.body.uid, second.body.oldDeploymentId]).toEqual([first.body.uid, one.id]);
    expect(await said("green.localhost")).toBe("two");
    const list = await t.api("GET", `/v4/aliases?projectId=${one.projectId}`);
    expect(list.body.aliases).toMatchObject([
      { alias: "green.localhost", deployment: { id: two.id, url: two.url } },
    ]);
    expect((await t.api("GET", "/now/aliases/green.localhost")).body.deploymentId).toBe(two.id);
    expect((await t.api("DELETE", `/now/aliases/${first.body.uid}`)).body).toEqual({ status: "SUCCESS" });
    expect((await t.visit("green.localhost")).status).toBe(404);
    expect((await t.api("GET", "/now/aliases/green.localhost")).status).toBe(404);
  });

  it("are refused for what is no host, another's domain, or a deployment's own host", async () => {
    const one = await t.deploy("alias-a", saying("one"));
    await t.api("POST", "/v1/projects", { name: "alias-b" });
    await t.api("POST", "/v10/projects/alias-b/domains", { name: "owned.localhost" });
    const set = async (alias: string) => {
      const { status, body } = await t.api("POST", `/now/deployments/${one.id}/aliases`, { alias });
      return [status, body.error.code];
    };
    expect(await set("not a host")).toEqual([400, "invalid_alias"]);
    expect(await set("owned.localhost")).toEqual([403, "alias_in_use"]);
    expect(await set(one.url)).toEqual([403, "alias_in_use"]);
  });
});
