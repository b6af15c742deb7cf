import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { CloudUnderTest } from "../testing/cloud-under-test.js";

let t: CloudUnderTest;
beforeAll(async () => {
  t = await CloudUnderTest.start({ faults: true });
});
afterAll(() => t.end());
afterEach(async () => {
  await t.api("DELETE", "/atoms/faults");
});

const fault = async (body: object) => expect((await t.api("POST", "/atoms/faults", body)).status).toBe(200);
const create = (name: string) => t.api("POST", "/v11/projects", { name });
const exists = async (name: string) => (await t.api("GET", `/v9/projects/${name}`)).status === 200;

it("a call fails before it acts, as often as asked and then no more", async () => {
  await fault({ method: "POST", path: "^/projects$", kind: "before", status: 503, times: 2 });
  expect([(await create("before")).status, (await create("before")).status]).toEqual([503, 503]);
  expect(await exists("before")).toBe(false);
  expect((await create("before")).status).toBe(200);
});

it("a call fails when as many as asked have passed", async () => {
  await fault({ method: "POST", path: "^/projects$", kind: "before", skip: 2 });
  const statuses = [await create("one"), await create("two"), await create("three"), await create("four")];
  expect(statuses.map(({ status }) => status)).toEqual([200, 200, 500, 200]);
});

it("a call acts, then says it had not", async () => {
  await fault({ method: "POST", path: "^/projects$", kind: "after" });
  const answer = await create("after");
  expect([answer.status, answer.body.error.code]).toEqual([500, "fault_on_purpose"]);
  expect(await exists("after")).toBe(true);
});

it.each([
  ["cut-before", false],
  ["cut-after", true],
])("a connection ends without an answer: %s", async (kind, acted) => {
  await fault({ method: "POST", path: "^/projects$", kind });
  await expect(create(kind)).rejects.toThrow();
  expect(await exists(kind)).toBe(acted);
});

it("429 says how long to wait", async () => {
  await fault({ path: "^/user$", kind: "before", status: 429, headers: { "retry-after": "3" } });
  const answer = await t.api("GET", "/v2/user");
  expect([answer.status, answer.headers.get("retry-after"), answer.body.error.code]).toEqual([
    429,
    "3",
    "rate_limited",
  ]);
});

it("clearing lets a call go on that is held up", async () => {
  await fault({ path: "^/projects$", method: "POST", kind: "slow", delayMs: 300_000 });
  const held = create("held");
  while ((await t.api("GET", "/atoms/faults")).body.faults[0].left > 0);
  expect(await exists("held")).toBe(false);
  await t.api("DELETE", "/atoms/faults");
  expect((await held).status).toBe(200);
});

it("a call is slow, or is overtaken by the next one", async () => {
  await fault({ path: "^/user$", kind: "slow", delayMs: 200 });
  const began = performance.now();
  await t.api("GET", "/v2/user");
  expect(performance.now() - began).toBeGreaterThan(190);
  await fault({ path: "^/projects$", method: "POST", kind: "late" });
  const order: string[] = [];
  const first = create("first").then(() => order.push("first"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await create("second").then(() => order.push("second"));
  await first;
  expect(order).toEqual(["second", "first"]);
});

it("there are none unless the cloud was started with them", async () => {
  const plain = await CloudUnderTest.start();
  expect((await plain.api("POST", "/atoms/faults", { path: ".", kind: "before" })).status).toBe(404);
  await plain.end();
});
