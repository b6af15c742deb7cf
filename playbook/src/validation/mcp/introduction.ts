import { isObject, quoted } from "../answer.js";

/** By what name the probe introduces itself to a server. */
export const ourselves = { name: "atoms-validation", version: "1" };

/** Name and version of a server, as it introduced itself; undefined when it did not. */
export function introduction(info: unknown): string | undefined {
  if (!isObject(info) || typeof info["name"] !== "string") return undefined;
  return quoted(typeof info["version"] === "string" ? `${info["name"]} ${info["version"]}` : info["name"]);
}
