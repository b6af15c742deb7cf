import type { HttpResult } from "./http.js";

/** The header that asks the routing helper in a service about itself. */
export const splitAskHeader = "x-atoms-split-ask";

/** What an address says when its routing helper is asked. */
export type HelperSight =
  | { kind: "silent"; because: string }
  /** Something answered that is no helper. */
  | { kind: "none"; status: number }
  | {
      kind: "helper";
      /** The deployment in which it runs. */
      deployment: string;
      /** The Global Config and the item that it reads; undefined where it was told of none. */
      config: string | undefined;
      item: string | undefined;
      /** Whether it could read them just now. */
      readable: boolean;
    };

/** Reads what an address answered when its helper was asked. */
export function helperIn(result: HttpResult): HelperSight {
  if (!result.answered) return { kind: "silent", because: result.message };
  const none: HelperSight = { kind: "none", status: result.status };
  let said: unknown;
  try {
    said = JSON.parse(result.body);
  } catch {
    return none;
  }
  if (typeof said !== "object" || said === null) return none;
  const { atomsSplit, deployment, config, item, readable } = said as Record<string, unknown>;
  if (atomsSplit !== 1 || typeof deployment !== "string") return none;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { kind: "helper", deployment, config: text(config), item: text(item), readable: readable === true };
}

/** What a helper has to be so that weights split traffic. */
export type WantedHelper = {
  deployment: string;
  /** Id of the Global Config; undefined while there is none, and then no helper can read it. */
  config: string | undefined;
  item: string;
};

/**
 * Says what is wrong with a helper.
 * @returns Sentences without an end, e.g. "answers 200 without the routing helper"; undefined when all is well.
 */
export function faultOfHelper(
  sight: HelperSight,
  wanted: WantedHelper,
): { outcome: "fail" | "error"; saw: string } | undefined {
  switch (sight.kind) {
    case "silent":
      return { outcome: "error", saw: `does not answer: ${sight.because}` };
    case "none":
      return { outcome: "fail", saw: `answers ${sight.status} without the routing helper` };
    case "helper":
      break;
  }
  const { deployment, config, item, readable } = sight;
  if (deployment !== wanted.deployment) {
    return { outcome: "fail", saw: `is answered by ${deployment}, and not by ${wanted.deployment}` };
  }
  if (config === undefined || item === undefined) {
    return { outcome: "fail", saw: "has the routing helper, which was told of no weights (ATOMS_SPLIT)" };
  }
  if (config !== wanted.config || item !== wanted.item) {
    return {
      outcome: "fail",
      saw: `reads ${item} of ${config}, and not ${wanted.item} of ${wanted.config ?? "a Global Config that is not there yet"}`,
    };
  }
  return readable ? undefined : { outcome: "fail", saw: "can not read the weights" };
}
