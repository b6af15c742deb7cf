import { describe, expect, it } from "vitest";
import type { HttpResult } from "./http.js";
import { faultOfHelper, helperIn } from "./split-helper.js";
import { stampOf } from "./stamp.js";

const answer = (body: unknown, headers: Record<string, string> = {}, status = 200) =>
  ({
    answered: true,
    status,
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
    ms: 1,
  }) as HttpResult;
const said = {
  atomsSplit: 1,
  deployment: "dpl_1",
  config: "ecfg_1",
  item: "split_shop",
  readable: true,
  weights: null,
};
const wanted = { deployment: "dpl_1", config: "ecfg_1", item: "split_shop" };

describe("the routing helper, asked", () => {
  it.each<[string, unknown, RegExp | undefined]>([
    ["is as it should be", said, undefined],
    ["is not there", "<html>hello</html>", /answers 200 without the routing helper/],
    ["is not there, and the service speaks JSON", { status: "ok" }, /without the routing helper/],
    ["is of another deployment", { ...said, deployment: "dpl_0" }, /answered by dpl_0, and not by dpl_1/],
    ["was told of no weights", { ...said, config: null, item: null }, /told of no weights/],
    ["reads another Global Config", { ...said, config: "ecfg_2" }, /reads split_shop of ecfg_2, and not/],
    ["reads another item", { ...said, item: "other" }, /reads other of ecfg_1, and not split_shop/],
    ["can not read", { ...said, readable: false }, /can not read the weights/],
  ])("%s", (_, body, saw) => {
    const fault = faultOfHelper(helperIn(answer(body)), wanted);
    if (saw === undefined) expect(fault).toBeUndefined();
    else expect(fault).toEqual({ outcome: "fail", saw: expect.stringMatching(saw) });
  });

  it("is not found out about when nothing answers", () => {
    const silent = helperIn({ answered: false, message: "no connection", ms: 1 } as HttpResult);
    expect(faultOfHelper(silent, wanted)).toEqual({
      outcome: "error",
      saw: "does not answer: no connection",
    });
  });

  it("names who answered, before the edge that chose who was asked", () => {
    const headers = { "x-atoms-split": "dpl_2", "x-atoms-cloud-deployment": "dpl_1" };
    expect(stampOf(answer("", headers)).deployment).toBe("dpl_2");
  });
});
