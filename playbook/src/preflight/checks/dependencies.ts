import { defineCommand, type Judgement } from "../check.js";
import { judgeCommand } from "../judge-command.js";
import type { CommandResult, LockfileState } from "../model.js";
import { counted, listed } from "../words.js";

type Facts = { lockfile: LockfileState } | { command: string; result: CommandResult };

/** What is installed on the platform must be what was tested here. */
export const dependencies = defineCommand<Facts>({
  name: "dependencies",
  title: "Dependencies are pinned",
  wanted: (settings) => settings.dependencies !== false,
  commandMs: (settings) => (settings.dependencies === "lockfile" ? undefined : settings.dependencies_timeout),
  measure: async ({ settings, ports, signal }) => {
    const command = settings.dependencies;
    if (command === false || command === "lockfile")
      return { lockfile: await ports.workspace.lockfile(signal) };
    const onLine = (line: string) => ports.onLine?.("dependencies", line);
    return {
      command,
      result: await ports.workspace.run(command, {
        timeoutMs: settings.dependencies_timeout,
        signal,
        onLine,
      }),
    };
  },
  judge: (facts, settings) =>
    "lockfile" in facts
      ? judgeLockfile(facts.lockfile)
      : judgeCommand(facts.command, facts.result, {
          timeoutMs: settings.dependencies_timeout,
          timeoutKey: "preflight.dependencies_timeout",
        }),
});

function judgeLockfile(state: LockfileState): Judgement {
  if (state.kind === "no package.json")
    return { outcome: "pass", saw: "There is no package.json, so there are no npm dependencies to check." };
  if (state.kind === "unreadable")
    return { outcome: "fail", saw: state.because, fix: "Mend the file, then run `npm install`." };
  const asked = counted(state.dependencies, "dependency", "dependencies");
  const evidence = { dependencies: state.dependencies, lockfile: state.lockfile ?? null };
  if (state.lockfile === undefined)
    return state.dependencies === 0
      ? { outcome: "pass", saw: "package.json asks for no dependencies.", evidence }
      : {
          outcome: "fail",
          saw: `package.json asks for ${asked}, but no lockfile pins them: the platform may install other versions than you tested.`,
          fix: "Run `npm install --package-lock-only` and commit package-lock.json; or set preflight.dependencies: false.",
          evidence,
        };
  if (state.differences === undefined)
    return {
      outcome: "pass",
      saw: `${state.lockfile} is there for ${asked}; whether it matches package.json is left to its own tool.`,
      evidence,
    };
  if (state.differences.length > 0)
    return {
      outcome: "fail",
      saw: `${state.lockfile} does not match package.json: ${listed(state.differences, 5)}.`,
      fix: "Run `npm install` and commit the lockfile.",
      evidence: { ...evidence, differences: state.differences.length },
    };
  return { outcome: "pass", saw: `${state.lockfile} matches package.json (${asked}).`, evidence };
}
