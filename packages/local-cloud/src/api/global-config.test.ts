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

it("keeps its versions, and goes back to one of them", async () => {
  const made = await t.api("POST", "/v1/global-config", { slug: "versions", items: { split: 0 } });
  const at = `/v1/global-config/${made.body.id}`;
  const set = (split: number) =>
    t.api("PATCH", `${at}/items`, { items: [{ operation: "upsert", key: "split", value: split }] });
  for (let split = 1; split <= 55; split++) await set(split);
  const first = (await t.api("GET", `${at}/backups?limit=2`)).body;
  expect(first.backups).toHaveLength(2);
  const rest = (await t.api("GET", `${at}/backups?limit=100&next=${first.pagination.next}`)).body;
  expect([rest.backups.length, rest.pagination]).toEqual([48, { hasNext: false }]);
  const oldest = (await t.api("GET", `${at}/backups/${rest.backups.at(-1).id}`)).body;
  expect(oldest.backup).toMatchObject({ slug: "versions", items: { split: { value: 6 } } });
  const back = await t.api("POST", `${at}/backups/${oldest.id}/restore`);
  expect(back.body).toMatchObject({ status: "ok", restoredFrom: oldest.id, digest: oldest.backup.digest });
  expect((await t.api("GET", `${at}/item/split`)).body.value).toBe(6);
  expect((await t.api("GET", `${at}/backups/none`)).status).toBe(404);
  await t.api("POST", "/v1/global-config", { slug: "taken" });
  expect((await t.api("PUT", at, { slug: "taken" })).status).toBe(409);
});

it("takes no items that do not fit its schema", async () => {
  const made = await t.api("POST", "/v1/global-config", { slug: "fitting", items: { split: 10 } });
  const at = `/v1/global-config/${made.body.id}`;
  const set = async (split: unknown) => {
    const { status } = await t.api("PATCH", `${at}/items`, {
      items: [{ operation: "upsert", key: "split", value: split }],
    });
    return status;
  };
  const schema = (maximum: number) => ({
    definition: { type: "object", properties: { split: { type: "number", maximum } } },
  });
  expect((await t.api("GET", `${at}/schema`)).status).toBe(404);
  expect((await t.api("POST", `${at}/schema`, schema(5))).body.error.code).toBe(
    "edge_config_schema_mismatch",
  );
  expect((await t.api("POST", `${at}/schema?dryRun=1`, schema(100))).status).toBe(200);
  expect(await set(1_000)).toBe(200);
  await set(10);
  expect((await t.api("POST", `${at}/schema`, schema(100))).status).toBe(200);
  expect((await t.api("GET", `${at}/schema`)).body).toEqual(schema(100));
  expect([await set(101), await set("half"), await set(100)]).toEqual([400, 400, 200]);
  expect((await t.api("POST", `${at}/schema`, { definition: { type: "nonsense" } })).status).toBe(400);
  expect((await t.api("DELETE", `${at}/schema`)).status).toBe(204);
  expect(await set("half")).toBe(200);
});

it("shows a token whole only to whoever names it", async () => {
  const made = await t.api("POST", "/v1/global-config", { slug: "opened" });
  const at = `/v1/global-config/${made.body.id}`;
  const { token, id } = (await t.api("POST", `${at}/token`, { label: "reader" })).body;
  const [listed] = (await t.api("GET", `${at}/tokens`)).body;
  expect(listed).toMatchObject({ id, label: "reader", edgeConfigId: made.body.id });
  expect(JSON.stringify(listed)).not.toContain(token);
  expect((await t.api("GET", `${at}/token/${token}`)).body).toMatchObject({ id, token });
  expect((await t.api("GET", `${at}/token/other`)).status).toBe(404);
});
