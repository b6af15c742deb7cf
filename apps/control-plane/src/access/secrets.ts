import { createHash, randomBytes } from "node:crypto";

/** How a token of the API begins, so that it is known when it is found where it should not be. */
export const tokenPrefix = "atoms_";

/** A secret that nobody guesses: 256 random bits. Its digest needs no salt and no slow hash. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What is kept of a secret. */
export const digestOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** An id of a credential, e.g. "tok_mg1k2j3h9f2c4d5e". */
export const newId = (kind: "tok" | "lnk" | "ses", now: number): string =>
  `${kind}_${now.toString(36)}${randomBytes(4).toString("hex")}`;
