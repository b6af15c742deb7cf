import { type Deployment, PreflightSettings } from "@atoms/playbook";
import { describe, expect, it } from "vitest";
import { whyNot, withoutSource } from "./existing-deployment.js";

const built: Deployment = {
  id: "dpl_1",
  address: "http://shop-1.localhost",
  state: "ready",
  production: true,
  createdAt: 0,
  project: "prj_1",
};

describe("a deployment that is there", () => {
  it.each<[string, Partial<Deployment>]>([
    ["is ready", {}],
    ["is being built", { state: "building" }],
    ["is of a platform that names no project", { project: undefined as never }],
  ])("can be released when it %s", (_, change) => {
    expect(whyNot({ ...built, ...change }, "prj_1", "dpl_0")).toBeUndefined();
  });

  it.each<[string, Deployment | undefined, string, RegExp]>([
    ["not there", undefined, "dpl_0", /knows no such/],
    ["of another project", { ...built, project: "prj_2" }, "dpl_0", /another project/],
    ["a preview", { ...built, production: false }, "dpl_0", /preview/],
    ["failed", { ...built, state: "failed", failure: "exit 1" }, "dpl_0", /failed: exit 1/],
    ["cancelled", { ...built, state: "cancelled" }, "dpl_0", /cancelled/],
    ["refused by the platform's checks", { ...built, checks: "failed" }, "dpl_0", /platform's checks/],
    ["served already", built, "dpl_1", /serves it already/],
  ])("can not be released when it is %s", (_, found, served, because) => {
    expect(whyNot(found, "prj_1", served)).toMatch(because);
  });

  it("has its branch checked where the platform was told of one, and no check of a source passes", () => {
    const settings = PreflightSettings.parse({ tests: "npm test", branch: "main" });
    expect(withoutSource(settings, "main")).toMatchObject({ branch: "main", tests: false, git_clean: false });
    expect(withoutSource(settings, null)).toMatchObject({ branch: false, source: false, way_back: true });
  });
});
