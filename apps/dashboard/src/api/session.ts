import { request } from "./ask.js";

/** Who is signed in, and where they look. */
export type Who = {
  name: string;
  role: "viewer" | "operator" | "admin";
  /** Where the role counts; `*` is everywhere. */
  environments: readonly string[];
  service: string;
  environment: string;
};

/** Says who is signed in. @throws Refusal */
export const whoAmI = (): Promise<Who> => request("GET", "/session");

/** Trades the code of a link for a session. @throws Refusal when it does not count. */
export const signIn = (code: string): Promise<Who> => request("POST", "/session", { code });

export const signOut = (): Promise<null> => request("DELETE", "/session");

/** What the button of the identity provider says; undefined where there is none, or where it cannot be asked after. */
export async function identityProvider(): Promise<string | undefined> {
  try {
    const response = await fetch("/auth", { signal: AbortSignal.timeout(5_000) });
    const { oidc } = (await response.json()) as { oidc?: unknown };
    return typeof oidc === "string" ? oidc : undefined;
  } catch {
    return undefined;
  }
}

/** Whether somebody may act here; the API has the last word. */
export const mayAct = ({ role, environments, environment }: Who): boolean =>
  role !== "viewer" && (environments.includes("*") || environments.includes(environment));
