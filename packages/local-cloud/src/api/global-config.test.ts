import { globalConfigItemsAnswer, globalConfigsAnswer } from "@atoms/vercel";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CloudUnderTest } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start();
});
afterAll(() => t.end());

it("keeps items, changes them all or not at all, and is read with its own token only", async () => {
  const made = await t.api("POST", "/v1/global-config", { slug: "switches", items: { maintenance: false } });
  const id = made.body.id as string;
  expect(made.body).toMatchObject({ slug: "switches", itemCount: 1 });
  const change = (items: object[]) => t.api("PATCH", `/v1/edge-config/${id}/items`, { items });
  const good = await change([
    { operation: "upsert", key: "maintenance", value: true },
    { operation: "create", key: "weights", value: { canary: 10 } },
  ]);
  expect([good.status, good.body]).toEqual([200, { status: "ok" }]);
  const half = await change([
    { operation: "upsert", key: "maintenance", value: "half" },
    { operation: "update", key: "unknown", value: 1 },
  ]);
  expect(half.status).toBe(404);
  const items = await t.api("GET", `/v1/global-config/${id}/items`);
  expect(globalConfigItemsAnswer.parse(items.body).map(({ key, value }) => [key, value])).toEqual([
    ["maintenance", true],
    ["weights", { canary: 10 }],
  ]);
  expect(globalConfigsAnswer.parse((await t.api("GET", "/v1/global-config")).body)).toHaveLength(1);

  const { body: token } = await t.api("POST", `/v1/global-config/${id}/token`, { label: "service" });
  const read = async (path: string, query = `?token=${token.token}`) => {
    const answer = await fetch(`${t.cloud.apiUrl}/${id}${path}${query}`);
    return [answer.status, await answer.json()];
  };
  expect(await read("/item/maintenance")).toEqual([200, true]);
  expect(await read("/items")).toEqual([200, { maintenance: true, weights: { canary: 10 } }]);
  expect((await read("/item/none"))[0]).toBe(404);
  expect((await read("/item/maintenance", "?token=wrong"))[0]).toBe(401);
  expect((await read("/item/maintenance", `?token=${t.cloud.token}`))[0]).toBe(401);
  expect(token.connectionString).toBe(`${t.cloud.apiUrl}/${id}?token=${token.token}`);
  await t.restart();
  expect(await read("/item/weights")).toEqual([200, { canary: 10 }]);
  await t.api("DELETE", `/v1/global-config/${id}/tokens`, { tokens: [token.token] });
  expect((await read("/items"))[0]).toBe(401);
  expect((await t.api("DELETE", `/v1/global-config/${id}`)).status).toBe(204);
});

it.each([
  ["a key with a slash", [{ operation: "upsert", key: "a/b", value: 1 }], 400],
  ["a key that is there", [{ operation: "create", key: "there", value: 1 }], 409],
  ["an unknown operation", [{ operation: "replace", key: "a", value: 1 }], 400],
  ["more than fits", [{ operation: "upsert", key: "a", value: "x".repeat(600_000) }], 413],
])("refuses %s", async (_what, items, status) => {
  const made = await t.api("POST", "/v1/global-config", {
    slug: `refuse-${Math.random()}`,
    items: { there: 1 },
  });
  expect((await t.api("PATCH", `/v1/global-config/${made.body.id}/items`, { items })).status).toBe(status);
});
