import { describe, expect, it } from "vitest";
import type { Deployment, DeploymentState, Proven } from "../terms/index.js";
import { type WayBackFacts, wayBack } from "./decide.js";

const deployment = (id: string, state: DeploymentState = "ready"): Deployment => ({
  id,
  address: `http://${id}.localhost`,
  state,
  production: true,
  createdAt: 0,
});
const proof = (id: string): Proven => ({
  service: "shop",
  environment: "production",
  deployment: id,
  address: `http://${id}.localhost`,
  version: id,
  at: 0,
});
const facts = (change: Partial<WayBackFacts>, ...known: Deployment[]): WayBackFacts => ({
  serving: "dpl_3",
  before: undefined,
  proven: [proof("dpl_3"), proof("dpl_2"), proof("dpl_1")],
  known: new Map(known.map((d) => [d.id, d])),
  ...change,
});

describe("the way back", () => {
  it.each([
    {
      given: "two proven ones",
      way: wayBack(facts({}, deployment("dpl_1"), deployment("dpl_2"))),
      to: "dpl_2",
    },
    { given: "the newer one gone", way: wayBack(facts({}, deployment("dpl_1"))), to: "dpl_1" },
    {
      given: "the newer one failed",
      way: wayBack(facts({}, deployment("dpl_1"), deployment("dpl_2", "failed"))),
      to: "dpl_1",
    },
    {
      given: "what users had before, though never proven by Atoms",
      way: wayBack(facts({ before: deployment("dpl_9") }, deployment("dpl_2"))),
      to: "dpl_9",
    },
    {
      given: "what users had before, but gone",
      way: wayBack(facts({ before: deployment("dpl_9", "gone") }, deployment("dpl_2"))),
      to: "dpl_2",
    },
  ])("with $given leads to $to", ({ way, to }) => {
    expect(way).toMatchObject({ to: { id: to } });
  });

  it("never leads to the deployment that is being left", () => {
    expect(wayBack(facts({ proven: [proof("dpl_3")] }, deployment("dpl_3")))).toEqual({
      none: "no other deployment was ever proven good",
    });
  });

  it("says what it passed over when it leads nowhere", () => {
    expect(wayBack(facts({}, deployment("dpl_2", "failed")))).toEqual({
      none: "none of those proven good can take traffic: dpl_2 is failed, dpl_1 is gone",
    });
  });
});
