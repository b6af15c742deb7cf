/** Who did something: a person at a terminal, a token, or Atoms itself. */
export type Actor = {
  kind: "person" | "token" | "atoms";
  /** Login or token name; "atoms" for Atoms itself. */
  name: string;
  /** Where it came from: cli, api, dashboard, slack, mcp, schedule. */
  via: "cli" | "api" | "dashboard" | "slack" | "mcp" | "schedule" | "flow";
};

/** Atoms acting by its own rules, inside a flow. */
export const atomsItself: Actor = { kind: "atoms", name: "atoms", via: "flow" };
