import { readFileSync } from "node:fs";

/** The version of Atoms: the one of the repository's manifest. */
export const productVersion: string = (
  JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string }
).version;
