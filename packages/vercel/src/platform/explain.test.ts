import { describe, expect, test } from "vitest";
import { clockAt } from "../testing/clock-at.js";
import {
  platformOf,
  problemOf,
  tiny,
  twoDeployments,
  withTinyVercel,
} from "../testing/platform-under-test.js";

withTinyVercel();

describe("problems", () => {
  const refusal = (status: number, code: string, headers: Record<string, string> = {}) => ({
    status,
    headers,
    body: { error: { code, message: "because" } },
  });
  test.each([
    { given: "401", how: refusal(401, "unauthorized"), code: "ATM-301" },
    { given: "403 about the token", how: refusal(403, "forbidden"), code: "ATM-301", who: true },
    { given: "403 about the project", how: refusal(403, "forbidden"), code: "ATM-307" },
    { given: "a hang", how: "hang" as const, code: "ATM-303" },
    { given: "a cut connection", how: "cut" as const, code: "ATM-303" },
    { given: "429", how: refusal(429, "rate_limited", { "retry-after": "900" }), code: "ATM-304" },
    {
      given: "429 of a daily quota",
      how: refusal(429, "api-deployments-free-per-day", { "retry-after": "900" }),
      code: "ATM-308",
    },
    { given: "402", how: refusal(402, "payment_required"), code: "ATM-308" },
    { given: "500", how: refusal(500, "internal"), code: "ATM-305" },
    { given: "422", how: refusal(422, "nope"), code: "ATM-312" },
    { given: "HTML", how: { status: 200, body: "<html>" }, code: "ATM-310" },
  ])("$given is $code", async ({ how, code, who }) => {
    const platform = platformOf();
    tiny.fail(/./, { how, times: 99 });
    const problem = await problemOf(who ? platform.whoAmI() : platform.production());
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem)).not.toContain(tiny.token);
    expect(problem.stillTrue).toContain("nothing was changed");
  });

  test("a deployment that is gone is ATM-309", async () => {
    const platform = platformOf();
    await twoDeployments(platform);
    expect((await problemOf(platform.promote("dpl_77"))).code).toBe("ATM-309");
  });

  test("nobody there is ATM-302", async () => {
    await tiny.close();
    expect((await problemOf(platformOf().whoAmI())).code).toBe("ATM-302");
  });

  test("giving up is not a problem but the caller's own reason", async () => {
    tiny.fail(/./, { how: "hang", times: 9 });
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error("enough")), 20);
    await expect(platformOf({ clock: clockAt(1) }).production(caller.signal)).rejects.toThrow("enough");
  });
});
