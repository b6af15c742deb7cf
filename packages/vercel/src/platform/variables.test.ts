import { describe, expect, test } from "vitest";
import { platformOf, problemOf, tiny, withTinyVercel } from "../testing/platform-under-test.js";

withTinyVercel();

describe("variables", () => {
  test("are set before there is a project, replaced, and read in the clear only when asked", async () => {
    const platform = platformOf();
    await platform.setVariable("LEVEL", "info", { secret: false });
    await platform.setVariable("LEVEL", "debug", { secret: false });
    await platform.setVariable("KEY", "s3cret", { secret: true });
    const changedAt = expect.any(Number);
    expect(await platform.variables({ values: true })).toEqual([
      { key: "LEVEL", targets: ["production"], readable: true, changedAt, value: "debug" },
      { key: "KEY", targets: ["production"], readable: false, changedAt },
    ]);
    expect((await platform.variables({ values: false }))[0]).not.toHaveProperty("value");
  });

  test("one that the platform did not take is a problem", async () => {
    const platform = platformOf();
    await platform.ensureProject();
    const failed = [{ error: { code: "BAD_KEY", message: "no such name" } }];
    tiny.fail(/^POST .*env/, { how: { status: 201, body: { created: [], failed } } });
    const problem = await problemOf(platform.setVariable("1", "x", { secret: false }));
    expect(problem.happened).toContain("no such name");
  });
});
