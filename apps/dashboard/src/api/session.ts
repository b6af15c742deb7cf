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

/** Whether somebody may act here; the API has the last word. */
export const mayAct = ({ role, environments, environment }: Who): boolean =>
  role !== "viewer" && (environments.includes("*") || environments.includes(environment));
