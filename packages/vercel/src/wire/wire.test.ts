import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as wire from "./index.js";

/** What is written, and what the other side reads it with. */
const pairs = {
  user: [wire.fullUserAnswer, wire.userAnswer],
  project: [wire.fullProjectAnswer, wire.projectAnswer],
  projects: [wire.fullProjectsAnswer, wire.projectsAnswer],
  deployment: [wire.fullDeploymentAnswer, wire.deploymentAnswer],
  "deployment in a list": [wire.fullDeploymentItem, wire.deploymentAnswer],
  deployments: [wire.fullDeploymentsAnswer, wire.deploymentsAnswer],
  "build event": [wire.fullBuildEvent, wire.buildEvent],
  alias: [wire.fullAliasAnswer, wire.aliasAnswer],
  aliases: [wire.fullAliasesAnswer, wire.aliasesAnswer],
  variable: [wire.fullEnvItem, wire.envItem],
  variables: [wire.fullEnvsAnswer, wire.envsAnswer],
  drain: [wire.fullDrain, wire.drain],
  webhook: [wire.fullWebhooksAnswer.element, wire.webhook],
  check: [wire.fullCheck, wire.check],
  "created variable": [wire.fullCreateEnvAnswer, wire.createEnvAnswer],
} satisfies Record<string, [z.ZodType, z.ZodType]>;

describe.each(Object.entries(pairs))("%s", (_, [written, read]) => {
  test.each(["required", "all"] as const)("with %s members, what is written can be read", (members) => {
    const sample = sampleOf(z.toJSONSchema(written) as Shape, members === "all");
    expect(written.parse(sample)).toEqual(sample);
    expect(read.safeParse(sample).error).toBeUndefined();
  });

  test("members that are not known are allowed", () => {
    const sample = {
      ...(sampleOf(z.toJSONSchema(written) as Shape, true) as object),
      somethingNew: { a: 1 },
    };
    expect(read.safeParse(sample).error).toBeUndefined();
    expect(read.parse(sample)).not.toHaveProperty("somethingNew");
  });
});

describe("words of the official clients that this cloud must not write", () => {
  const deployment = sampleOf(z.toJSONSchema(wire.fullDeploymentAnswer) as Shape, true) as object;
  test.each([
    { target: "preview" },
    { source: "api" },
    { readyState: "DEPLOYING" },
    { readySubstate: "STAGING" },
    { aliasAssigned: 1_767_225_600_000 },
    { plan: "free" },
  ])("%j", (member) => {
    expect(wire.fullDeploymentAnswer.safeParse({ ...deployment, ...member }).success).toBe(false);
  });
});

test("a deployment may be known by uid alone, but not by nothing", () => {
  expect(wire.deploymentAnswer.safeParse({ uid: "dpl_1" }).success).toBe(true);
  expect(wire.deploymentAnswer.safeParse({ url: "a.example" }).success).toBe(false);
});

test("numbers of a query arrive as text", () => {
  expect(wire.pageQuery.parse({ limit: "20", until: "1767225600000" })).toEqual({
    limit: 20,
    until: 1767225600000,
  });
  expect(wire.pageQuery.safeParse({ limit: "many" }).success).toBe(false);
});

test("an error body keeps what the client acts on", () => {
  const error = { code: "missing_files", message: "m", missing: ["a"], extra: true };
  expect(wire.errorBody.parse({ error })).toEqual({
    error: { code: "missing_files", message: "m", missing: ["a"] },
  });
});

/** As much of JSON Schema as zod writes for the wire. */
interface Shape {
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Shape[];
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape;
  additionalProperties?: Shape | boolean;
}

/** A value of the shape: with the required members only, or with every one. */
function sampleOf(shape: Shape, all: boolean): unknown {
  if (shape.const !== undefined) return shape.const;
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.anyOf !== undefined) return sampleOf(shape.anyOf.at(all ? 0 : -1) as Shape, all);
  if (Array.isArray(shape.type)) {
    return sampleOf({ ...shape, type: shape.type.at(all ? 0 : -1) as string }, all);
  }
  switch (shape.type) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return 1;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return all ? [sampleOf(shape.items ?? {}, all)] : [];
    case "object": {
      const members = Object.entries(shape.properties ?? {}).filter(
        ([name]) => all || (shape.required ?? []).includes(name),
      );
      const more = typeof shape.additionalProperties === "object" && all && members.length === 0;
      return {
        ...Object.fromEntries(members.map(([name, one]) => [name, sampleOf(one, all)])),
        ...(more ? { key: sampleOf(shape.additionalProperties as Shape, all) } : {}),
      };
    }
    default:
      return "anything";
  }
}
