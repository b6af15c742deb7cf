import type { VercelClient } from "../client.js";
import type { Check, CheckRun, UpdateCheckRunBody } from "../wire/index.js";
import type { Explain } from "./explain.js";
import type { Project } from "./project.js";

/** Seconds that the platform waits for a run before it calls it late; a run that is late is followed by another one. */
const timeout = 3_600;

/** Checks that the platform shows beside the project's deployments. */
export interface Checks {
  /** The first check of that name; made when there is none, for production, and so that it holds nothing back. */
  ensure(name: string, signal?: AbortSignal): Promise<Check>;
  /** Runs of a check beside a deployment. @throws ATM-309 when the deployment is gone */
  runs(deployment: string, check: Check, signal?: AbortSignal): Promise<CheckRun[]>;
  begin(deployment: string, check: Check, signal?: AbortSignal): Promise<CheckRun>;
  say(deployment: string, run: string, word: UpdateCheckRunBody, signal?: AbortSignal): Promise<void>;
}

export function checks(client: VercelClient, project: Project, explain: Explain): Checks {
  return {
    async ensure(name, signal) {
      const id = await project.id(signal);
      const found = await explain({ asked: "list the checks" }, () => client.checks.list(id, signal));
      const [first] = found
        .filter((check) => check.name === name)
        .sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
      if (first !== undefined) return first;
      return explain({ asked: `make the check ${name}`, act: true }, () =>
        client.checks.create(
          id,
          { name, requires: "deployment-url", blocks: "none", targets: ["production"], timeout },
          signal,
        ),
      );
    },
    runs: (deployment, check, signal) =>
      explain({ asked: `list the checks of ${deployment}`, deployment }, async () =>
        (await client.checks.runs(deployment, signal)).filter(({ checkId, name }) =>
          checkId === undefined ? name === check.name : checkId === check.id,
        ),
      ),
    begin: (deployment, check, signal) =>
      explain({ asked: `begin a check of ${deployment}`, act: true, deployment }, () =>
        client.checks.begin(deployment, check.id, signal),
      ),
    say: (deployment, run, word, signal) =>
      explain({ asked: `say how a check of ${deployment} goes`, act: true, deployment }, async () => {
        await client.checks.update(deployment, run, word, signal);
      }),
  };
}
