import { describe, expect, test } from "vitest";
import {
  asked,
  platformOf,
  problemOf,
  tiny,
  twoDeployments,
  withTinyVercel,
} from "../testing/platform-under-test.js";

withTinyVercel();

describe("moving production", () => {
  test("promote moves every host; a second time asks for nothing", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    expect((await platform.production()).deployment?.id).toBe(first);
    await platform.promote(second);
    await platform.promote(second);
    expect(asked(/\/promote\//)).toBe(2);
    expect(await platform.production()).toMatchObject({ deployment: { id: second }, autoAssign: true });
    expect(await platform.aliases()).toEqual([
      { host: "shop.example", deployment: second },
      { host: "www.shop.example", deployment: second },
    ]);
  });

  test("one host left behind is reason enough to promote again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.hosts.set("www.shop.example", first);
    await platform.promote(second);
    expect(tiny.hosts.get("www.shop.example")).toBe(second);
  });

  test("rollBack moves back, pins, and tells the reason", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    await platform.rollBack(first, "too many errors");
    expect(await platform.production()).toMatchObject({ deployment: { id: first }, autoAssign: false });
    expect(tiny.requests.some((one) => one.line.includes("description=too+many+errors"))).toBe(true);
  });

  test("a move under way is shown, and the same one is not asked for again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    const move = {
      fromDeploymentId: first,
      toDeploymentId: second,
      jobStatus: "in-progress",
      requestedAt: Date.now(),
    } as const;
    tiny.lastAliasRequest = { ...move, type: "promote" };
    expect((await platform.production()).moving).toEqual({ to: second, kind: "promote" });
    const before = asked(/^POST/);
    await platform.promote(second);
    expect(asked(/^POST/)).toBe(before);
    await platform.rollBack(first, "changed our mind");
    expect(asked(/\/rollback\//)).toBe(1);
  });

  test("a move that began long ago is no longer under way", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    tiny.lastAliasRequest = {
      fromDeploymentId: first,
      toDeploymentId: second,
      jobStatus: "in-progress",
      requestedAt: Date.now() - 200_000,
      type: "promote",
    };
    expect((await platform.production()).moving).toBeUndefined();
  });

  test.each([
    { given: "cut", how: "cut" as const },
    { given: "never came", how: "hang" as const },
    { given: "was a 502", how: { status: 502, body: "<html>" } },
  ])("the answer to a rollback $given, but it was done: no error, and one request", async ({ how }) => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { when: "after", how });
    await platform.rollBack(first, "errors");
    expect((await platform.production()).deployment?.id).toBe(first);
    expect(asked(/\/rollback\//)).toBe(1);
  });

  test("a rollback that was cut before it was done is asked for again", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { how: "cut" });
    await platform.rollBack(first, "errors");
    expect((await platform.production()).deployment?.id).toBe(first);
  });

  test("an outcome that stays unknown says what was read back", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    tiny.fail(/\/promote\//, { how: "cut", times: 2 });
    const problem = await problemOf(platform.promote(second));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain(`shop.example serves ${first}`);
    expect(problem.happened).toContain(`promote ${second}`);
  });

  test("when reading back fails too, nothing is claimed", async () => {
    const platform = platformOf();
    const [first, second] = await twoDeployments(platform);
    await platform.promote(second);
    tiny.fail(/\/rollback\//, { when: "after", how: "cut" });
    tiny.fail(/domains/, { how: { status: 503 }, times: 99 });
    const problem = await problemOf(platform.rollBack(first, "errors"));
    expect(problem.code).toBe("ATM-311");
    expect(problem.stillTrue).toContain("reading it failed too");
  });

  test("a deployment that failed to build is refused with the end of its log", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    const made = tiny.deployments[1] as (typeof tiny.deployments)[number];
    Object.assign(made, { readyState: "ERROR", errorMessage: "Command failed" });
    const problem = await problemOf(platform.promote(second));
    expect(problem.code).toBe("ATM-306");
    expect(problem.happened).toBe(`The build of ${second} failed: Command failed\n  npm install\n  exit 1`);
  });

  test("queued behind a rolling release is not accepted", async () => {
    const platform = platformOf();
    const [, second] = await twoDeployments(platform);
    tiny.fail(/\/promote\//, { how: { status: 202, body: {} } });
    expect((await problemOf(platform.promote(second))).code).toBe("ATM-313");
  });

  test("without a project there is nothing to move", async () => {
    expect((await problemOf(platformOf().promote("dpl_1"))).code).toBe("ATM-307");
    expect((await problemOf(platformOf().rollBack("dpl_1", "x"))).code).toBe("ATM-307");
  });
});
