import { afterAll, beforeAll, expect, it } from "vitest";
import { CloudUnderTest, nodeService } from "../testing/cloud-under-test.js";

const files = nodeService("response.end(process.env.VERCEL_REGION);").valueOf() as Record<string, string>;
let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ faults: true });
});
afterAll(() => t.end());

const regions = (method: string, region: string) => t.api(method, `/atoms/faults/regions/${region}`);

it("a deployment runs in the first region that it asks for, and says so", async () => {
  const there = await t.deploy("there", files, { regions: ["fra1", "lhr1"] });
  expect(there.regions).toEqual(["fra1", "lhr1"]);
  const seen = await t.visit(there.url);
  expect([seen.body, seen.headers["x-vercel-id"]]).toEqual([
    "fra1",
    expect.stringMatching(/^local1::fra1::[\w-]+$/),
  ]);
  const home = await t.deploy("home", files);
  expect((await t.visit(home.url)).body).toBe("local");
});

it("the same artefact goes to another region when that is asked for, and stays where it is when it is not", async () => {
  const first = await t.deploy("moved", files, { regions: ["iad1"] });
  const again = async (more: object) => {
    const { body } = await t.api("POST", "/v13/deployments", {
      name: "moved",
      deploymentId: first.id,
      ...more,
    });
    return (await t.visit((await t.built(body.id)).url)).body;
  };
  expect(await again({})).toBe("iad1");
  expect(await again({ regions: ["sfo1"] })).toBe("sfo1");
});

it("nothing answers from a region that is down, the API and other regions do", async () => {
  const down = await t.deploy("down", files, { regions: ["iad1"] });
  const up = await t.deploy("up", files, { regions: ["fra1"] });
  expect((await t.visit(down.url)).status).toBe(200);
  expect((await regions("PUT", "iad1")).body).toEqual({ down: ["iad1"] });
  const seen = await t.visit(down.url);
  expect([seen.status, seen.headers["x-vercel-error"]]).toEqual([502, "NO_RESPONSE_FROM_FUNCTION"]);
  expect((await t.visit(up.url)).status).toBe(200);
  expect((await t.api("GET", `/v13/deployments/${down.id}`)).body.readyState).toBe("READY");
  expect((await regions("DELETE", "iad1")).body).toEqual({ down: [] });
  expect((await t.visit(down.url)).body).toBe("iad1");
});

it("refuses regions that there are not", async () => {
  const entries = Object.entries(files).map(([file, data]) => ({ file, data }));
  const made = await t.api("POST", "/v13/deployments", { name: "no", files: entries, regions: ["zzz9"] });
  expect([made.status, made.body.error.code]).toEqual([400, "invalid_region"]);
  expect((await regions("PUT", "zzz9")).status).toBe(404);
});

it("takes no region down where faults are not allowed", async () => {
  const plain = await CloudUnderTest.start();
  try {
    expect((await plain.api("PUT", "/atoms/faults/regions/local", {})).status).toBe(404);
  } finally {
    await plain.end();
  }
});
