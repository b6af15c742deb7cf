import type { Remains, Scenario } from "./kill-everywhere.js";

/** How a release ends when nobody disturbs it. */
export function expected({ candidate }: Scenario): Partial<Remains> {
  const bad = candidate === "bad";
  return {
    state: bad ? "rolled back" : "released",
    servesCandidate: !bad,
    deployments: 1,
    split: false,
    repeated: [],
    undelivered: [],
    ledger: "intact",
  };
}

/** What is not as it was when nobody disturbed it, in words. */
export function differences(wanted: Remains, got: Remains): string[] {
  const keys = [
    "state",
    "servesCandidate",
    "deployments",
    "split",
    "repeated",
    "undelivered",
    "ledger",
  ] as const;
  const facts = [...keys, "kinds" as const]
    .filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(got[key]))
    .map((key) => `${key} is ${JSON.stringify(got[key])}, not ${JSON.stringify(wanted[key])}`);
  return got.lost.length === 0 ? facts : [...facts, `entries were lost: ${got.lost.join(", ")}`];
}
