/** What the workflow asks of the action. */
export type Wish = {
  command: "plan" | "deploy" | "report";
  /** More words of the command line. */
  words: string[];
  /** What sets the comments of this use apart from those of others on the same pull request. */
  about: string;
  /** The pull request that is told; left out where there is none or where it is not wanted. */
  pullRequest?: { owner: string; repo: string; number: number };
};

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the inputs, which `action.yml` hands over as variables.
 * @param event The event that started the workflow, as GitHub writes it (`GITHUB_EVENT_PATH`).
 * @returns The wish, or what is wrong with the inputs.
 */
export function readWish(env: Variables, event: unknown): Wish | { mistaken: string } {
  const command = env["ATOMS_ACTION_COMMAND"] ?? "plan";
  if (command !== "plan" && command !== "deploy" && command !== "report")
    return { mistaken: `command is ${JSON.stringify(command)}; expected plan, deploy or report.` };
  const comment = env["ATOMS_ACTION_COMMENT"] ?? "true";
  if (comment !== "true" && comment !== "false")
    return { mistaken: `comment is ${JSON.stringify(comment)}; expected true or false.` };
  const words = (env["ATOMS_ACTION_ARGUMENTS"] ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const own = words.find((word) => /^--(json|markdown|out|detach|group)(=|$)/.test(word));
  if (own !== undefined)
    return { mistaken: `arguments may not hold ${own}: the action reads the command's answer itself.` };
  const [owner = "", repo = ""] = (env["GITHUB_REPOSITORY"] ?? "").split("/");
  const number = comment === "true" ? pullRequestOf(event) : undefined;
  return {
    command,
    words,
    about: `${command === "plan" ? "plan" : "release"} ${env["ATOMS_ACTION_DIRECTORY"] ?? "."}`,
    ...(number === undefined || owner === "" || repo === "" ? {} : { pullRequest: { owner, repo, number } }),
  };
}

/** The number of the pull request that an event is of: its own, or the one that an issue's comment is on. */
function pullRequestOf(event: unknown): number | undefined {
  const { pull_request: own, issue } = (event ?? {}) as {
    pull_request?: { number?: unknown };
    issue?: { number?: unknown; pull_request?: unknown };
  };
  const number = own?.number ?? (issue?.pull_request === undefined ? undefined : issue.number);
  return typeof number === "number" ? number : undefined;
}
