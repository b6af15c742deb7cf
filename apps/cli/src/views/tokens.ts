import type { listTokens, OutputOf } from "@atoms/control-plane";
import type { Paint } from "../terminal/terminal.js";
import { tableText } from "./table.js";
import { ago, when } from "./words.js";

type Tokens = OutputOf<typeof listTokens>;

/** Tokens with what they may do and whether they count; never their secrets, which nobody has. */
export function tokensText(tokens: Tokens, now: number, paint: Paint): string {
  if (tokens.length === 0)
    return "No token was made. `atoms token create NAME --role viewer` makes one; on this machine none is needed.";
  return tableText(tokens, [
    { head: "NAME", of: ({ name }) => name },
    { head: "ROLE", of: ({ role }) => role },
    {
      head: "IN",
      of: ({ environments }) => environments.map((one) => (one === "*" ? "everywhere" : one)).join(", "),
    },
    { head: "MADE", of: ({ createdAt, createdBy }) => `${ago(createdAt, now)} by ${createdBy}` },
    {
      head: "COUNTS",
      of: ({ endedAt, expiresAt }) =>
        endedAt !== undefined
          ? paint.dim(`no, revoked ${ago(endedAt, now)}`)
          : expiresAt === undefined
            ? "until it is revoked"
            : expiresAt > now
              ? `until ${when(expiresAt)}`
              : paint.dim(`no, expired ${ago(expiresAt, now)}`),
    },
  ]);
}
