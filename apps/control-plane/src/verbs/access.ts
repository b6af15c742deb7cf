import { type Credential, roles } from "@atoms/store";
import { z } from "zod";
import { accessEvent, digestOf, linkLifeMs, newId, newSecret, tokenPrefix } from "../access/index.js";
import { noSuchToken, tokenNameTaken } from "../problems.js";
import { playbookRef } from "./playbook-ref.js";
import { defineVerb } from "./verb.js";

const grant = {
  ...playbookRef,
  role: z.enum(roles).describe("Viewers read, operators act, admins let others in."),
  in: z
    .array(z.string().min(1).max(100))
    .min(1)
    .max(20)
    .default(["*"])
    .describe("Environments where it counts; * is everywhere."),
};

/** Makes a token for a program. Its secret is told this once, and kept by nobody. */
export const createToken = defineVerb({
  name: "create token",
  method: "POST",
  role: "admin",
  path: "/tokens",
  summary: "Make a token for a program; it is shown once",
  input: z.strictObject({
    ...grant,
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/)
      .describe("What the ledger will call its bearer: letters, digits, dots, dashes."),
    for: z
      .int()
      .min(60_000)
      .max(10 * 366 * 86_400_000)
      .optional()
      .describe("How long it counts, in milliseconds; until it is revoked when left out."),
  }),
  async run(plane, input, actor): Promise<{ token: Credential; secret: string }> {
    const { service } = await plane.open(input);
    const { access } = await plane.store();
    const now = plane.clock.now();
    const secret = `${tokenPrefix}${newSecret()}`;
    const token: Credential = {
      id: newId("tok", now),
      kind: "token",
      name: input.name,
      role: input.role,
      environments: input.in,
      createdAt: now,
      createdBy: actor.name,
      ...(input.for === undefined ? {} : { expiresAt: now + input.for }),
    };
    const event = accessEvent("token.created", token, { at: now, actor }, service);
    if (!(await access.add(token, digestOf(secret), [event]))) throw tokenNameTaken({ name: input.name });
    return { token, secret };
  },
});

/** Tokens, newest first; never their secrets. */
export const listTokens = defineVerb({
  name: "list tokens",
  method: "GET",
  role: "admin",
  path: "/tokens",
  summary: "List tokens, those that do not count any more too",
  input: z.strictObject({ limit: z.int().min(1).max(1_000).default(100) }),
  async run(plane, { limit }): Promise<Credential[]> {
    const { access } = await plane.store();
    return access.list({ kind: "token", limit });
  },
});

/** Ends a token, at once. */
export const revokeToken = defineVerb({
  name: "revoke token",
  method: "POST",
  role: "admin",
  path: "/tokens/revoke",
  summary: "End a token at once",
  input: z.strictObject({ ...playbookRef, token: z.string().min(1).describe("Its name or id.") }),
  async run(plane, input, actor): Promise<Credential> {
    const { service } = await plane.open(input);
    const { access } = await plane.store();
    const at = plane.clock.now();
    const ended = await access.end("token", input.token, at, (token) => [
      accessEvent("token.revoked", token, { at, actor }, service),
    ]);
    if (ended === undefined) throw noSuchToken({ token: input.token });
    return ended;
  },
});

/** Makes a link that signs one browser in, once, within ten minutes. */
export const makeSignInLink = defineVerb({
  name: "make sign-in link",
  method: "POST",
  role: "admin",
  path: "/sessions/links",
  summary: "Make a link that signs a browser in, once",
  input: z.strictObject({
    ...grant,
    role: grant.role.default("admin"),
    name: z.string().trim().min(1).max(100).optional().describe("The person's; the caller's when left out."),
  }),
  async run(plane, input, actor): Promise<{ code: string; link: Credential; path: string }> {
    const { service } = await plane.open(input);
    const { access } = await plane.store();
    const now = plane.clock.now();
    const code = newSecret();
    const link: Credential = {
      id: newId("lnk", now),
      kind: "link",
      name: input.name ?? actor.name,
      role: input.role,
      environments: input.in,
      createdAt: now,
      createdBy: actor.name,
      expiresAt: now + linkLifeMs,
    };
    await access.add(link, digestOf(code), [accessEvent("link.created", link, { at: now, actor }, service)]);
    // Behind the #, so that it is in no log of a server and in no Referer.
    return { code, link, path: `/#/sign-in/${code}` };
  },
});
