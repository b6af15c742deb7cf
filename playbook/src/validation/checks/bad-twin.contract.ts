import type { Finding } from "../../terms/index.js";
import type { Answer, Asked, Difference } from "../twins.contract.js";

/** A service that differs from the good twin in one thing, and what the check must make of it. */
export type BadTwin = {
  check: string;
  twin: string;
  differs: Difference;
  outcome?: Finding["outcome"];
  saw: RegExp;
  plan?: (settings: Record<string, unknown>) => void;
  token?: string | undefined;
};

export const at =
  (path: string, answer: Answer | ((asked: Asked) => Answer)): Difference =>
  (asked) =>
    asked.path !== path ? undefined : typeof answer === "function" ? answer(asked) : answer;

export const rpc =
  (method: string, answer: (asked: Asked) => Answer): Difference =>
  (asked) =>
    asked.rpc["method"] === method ? answer(asked) : undefined;

export const smoke = (section: string, value: unknown) => (settings: Record<string, unknown>) => {
  (settings["smoke"] as Record<string, unknown>)[section] = value;
};
