import { faultOfHelper } from "../../terms/index.js";
import { defineLook } from "../check.js";
import type { SplitState } from "../model.js";

/** Weights that nobody reads split nothing: the canary would be judged by nobody. */
export const split = defineLook<SplitState>({
  name: "split",
  title: "The routing helper is in front of production",
  wanted: (settings) => settings.split,
  applies: (ports) => ports.proveSplit !== undefined,
  measure: async ({ ports, signal }) =>
    (await ports.proveSplit?.(signal)) ?? { wanted: undefined, hosts: [] },
  judge: ({ wanted, hosts }) => {
    if (wanted === undefined) {
      return {
        outcome: "warn",
        saw: "This is the first release: there is nothing to split traffic with.",
        fix: "Nothing needs doing; the first release moves all traffic at once.",
      };
    }
    const faults = hosts.flatMap(({ host, sight }) => {
      const fault = faultOfHelper(sight, wanted);
      return fault === undefined ? [] : [{ ...fault, saw: `${host} ${fault.saw}` }];
    });
    const evidence = { hosts: hosts.length, serving: wanted.deployment, config: wanted.config ?? null };
    if (faults.length === 0) {
      return {
        outcome: "pass",
        saw: `The helper in ${wanted.deployment} reads the weights, on ${hosts.length} host${hosts.length === 1 ? "" : "s"}.`,
        evidence,
      };
    }
    const saw = `${faults.map((one) => one.saw).join("; ")}.`;
    return faults.every(({ outcome }) => outcome === "error")
      ? { outcome: "error", saw, fix: "Look at `atoms status` and at the service's own health.", evidence }
      : {
          outcome: "fail",
          saw,
          fix: "Put the helper in front of the service (packages/split), and release once with `--strategy standard`: canaries can follow. Without the helper, set canary.split: rolling-release.",
          evidence,
        };
  },
});
